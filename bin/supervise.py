"""All processes of one machine under one supervisor: `bin/run` and `bin/demo`.

Redis (when REDIS_URL is unset), web, workers, scheduler and, for the demo, the sandbox providers.
Writes `$HUB_DATA_DIR/run.json` when ready. SIGTERM or Ctrl-C ends all of them, exit 0.
"""

import argparse
import fcntl
import http.client
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
for sign in (signal.SIGTERM, signal.SIGINT):  # while nothing has been started yet
    signal.signal(sign, lambda *_: sys.exit(0))

import demonstration  # noqa: E402
import watch  # noqa: E402
from children import Child, Stopped, Supervisor, cause  # noqa: E402
from hub import embedded  # noqa: E402
from hub.config import ConfigError, Settings, load_settings  # noqa: E402

PYTHON = sys.executable
LOCK_PATIENCE = 15.0  # seconds that a killed supervisor's children may still need
MOST_FAILED_STARTS = 3


class CannotStart(Exception):
    """Why nothing was started, in one line."""


class House:
    """One data folder, its settings and the processes that live on it."""

    flask = (PYTHON, "-m", "flask", "--app", "wsgi")

    def __init__(self, settings: Settings, arguments: argparse.Namespace) -> None:
        self.settings = settings
        self.arguments = arguments
        self.folder = settings.hub_data_dir
        self.record = self.folder / "run.json"
        self.ready = False
        self.redis: Child | None = None
        self.sandbox: Child | None = None
        self.private: Path | None = None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = take_lock(self.folder)
        self.record.unlink(missing_ok=True)
        listen(settings).close()  # a taken port is said before any work
        self.supervisor = Supervisor(self.lock, self.record, self.write_record)

    @property
    def address(self) -> str:
        host = self.settings.host
        everywhere = host in ("0.0.0.0", "::", "127.0.0.1", "::1")
        return f"http://{'localhost' if everywhere else host}:{self.settings.port}"

    def live(self) -> None:
        """From the first process to the last; returns when asked to stop."""
        try:
            self.start_redis()
            self.must([*self.flask, "migrate"], "the database cannot be used")
            if self.arguments.house == "demo":
                demonstration.furnish(self)
            self.start_hub()
            self.wait_until_ready()
            self.greet()
            while not self.supervisor.stopping:
                self.supervisor.turn()
        except Stopped:
            pass
        finally:
            self.supervisor.end()
            self.record.unlink(missing_ok=True)
            if self.private:
                shutil.rmtree(self.private, ignore_errors=True)

    def start_redis(self) -> None:
        if self.settings.redis_url:
            return
        binary = embedded.find_redis_server()
        if not binary:
            raise CannotStart("no Redis here: install redis-server or valkey, or set REDIS_URL")
        home = embedded.redis_home(self.folder, binary)
        home.mkdir(parents=True, exist_ok=True)
        path = embedded.redis_socket(home)
        self.private = path.parent if path.parent != home else None
        # A setting for the children: they inherit it, nobody here reads it.
        os.putenv("REDIS_URL", embedded.redis_address(path))
        self.redis = Child("redis", embedded.redis_command(binary, home, path), rank=2)
        self.supervisor.keep(self.redis)
        self.wait_for(lambda: answers(path), self.redis, 10)

    def must(self, command: list[str], else_say: str) -> None:
        """Run a command that has to succeed; its last line is the reason when it does not."""
        said: list[bytes] = []
        if status := self.supervisor.run(command, said.append):
            lines = b"".join(said).decode(errors="replace").strip().splitlines()
            if len(lines) > 5:  # nobody foresaw this: all of it
                print(*lines, sep="\n", file=sys.stderr)
            raise CannotStart(f"{else_say}: {lines[-1] if lines else cause(status)}")

    def start_hub(self) -> None:
        listener = listen(self.settings)
        # The socket is ours: a new web master finds it at once, waiting requests are kept.
        web = [PYTHON, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}", "wsgi:app"]
        self.web = Child("web", web, pass_fds=(listener.fileno(),))
        self.listener = listener
        self.workers = [
            Child(f"worker {number}", [PYTHON, "worker.py", "work"])
            for number in range(1, self.settings.workers + 1)
        ]
        self.scheduler = Child("scheduler", [PYTHON, "worker.py", "schedule"])
        for child in (self.web, *self.workers, self.scheduler):
            self.supervisor.keep(child)

    def wait_until_ready(self) -> None:
        patience = time.monotonic() + 120
        while not (all(child.pid for child in self.supervisor.children) and self.is_live()):
            self.supervisor.turn(0.1)
            if self.supervisor.stopping:
                raise Stopped
            for child in self.supervisor.children:
                if child.deaths >= MOST_FAILED_STARTS:
                    raise CannotStart(f"{child.name} does not start; its own lines above say why")
            if time.monotonic() > patience:
                raise CannotStart("GET /livez did not answer 200 within 120 s")
        self.ready = True
        self.write_record()

    def wait_for(self, done: Callable[[], bool], child: Child, patience: float) -> None:
        deadline = time.monotonic() + patience
        while not done():
            self.supervisor.turn(0.05)
            if self.supervisor.stopping:
                raise Stopped
            if time.monotonic() > deadline or child.deaths >= MOST_FAILED_STARTS:
                raise CannotStart(f"{child.name} does not start; its own lines above say why")

    def is_live(self) -> bool:
        host = self.settings.host
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        connection = http.client.HTTPConnection(near, self.settings.port, timeout=0.3)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def write_record(self) -> None:
        """`run.json`, replaced as a whole; before all is ready there is none."""
        if not self.ready:
            return
        pids = {
            "supervisor": os.getpid(),
            "web": self.web.pid,
            "workers": [worker.pid for worker in self.workers if worker.pid],
            "scheduler": self.scheduler.pid,
            "redis": self.redis and self.redis.pid,
            "sandbox": self.sandbox and self.sandbox.pid,
        }
        draft = self.record.with_suffix(".draft")
        draft.write_text(json.dumps({"base_url": self.address, "pids": pids}) + "\n")
        draft.replace(self.record)

    def greet(self) -> None:
        if self.arguments.house == "demo":
            demonstration.greet(self)
        else:
            self.supervisor.say(f"ready at {self.address} (Ctrl-C stops it)")
            self.supervisor.run([*self.flask, "users", "first-link"])


def take_lock(folder: Path) -> int:
    """The data folder for us alone; waits for what a killed supervisor left to be gone."""
    lock = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_PATIENCE
    waiting = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = int(os.pread(lock, 20, 0) or b"0")
            if watch.alive(holder) or time.monotonic() > deadline:
                raise CannotStart(
                    f"Hub already runs on {folder} (pid {holder}): stop it first, "
                    "or give this one another HUB_DATA_DIR and PORT"
                ) from None
            if not waiting:
                print("hub: the last one was killed; its processes still end …", file=sys.stderr)
            waiting = True
            time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = (settings.host, settings.port)
    try:
        return socket.create_server(place, family=family, backlog=2048)
    except OSError as error:
        raise CannotStart(
            f"cannot listen on {settings.host} port {settings.port} "
            f"({os.strerror(error.errno or 0)}): set another PORT or HOST"
        ) from None


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def open_streams() -> None:
    """A closed stdin, stdout or stderr becomes /dev/null, else other files take its number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin", description=__doc__.split("\n")[0])
    houses = parser.add_subparsers(dest="house", required=True)
    houses.add_parser("run", prog="bin/run", help="with the settings of the environment")
    demonstration.add_arguments(
        houses.add_parser("demo", prog="bin/demo", help="with people and numbers")
    )
    return parser.parse_args()


def main() -> int:
    open_streams()
    os.umask(0o077)  # what people and stores gave us is for this user alone
    arguments = parse()
    os.chdir(ROOT)
    try:
        House(load_settings(), arguments).live()
    except (CannotStart, ConfigError) as error:
        print(f"hub: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
