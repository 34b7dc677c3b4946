"""Child processes of one machine: start, restart with back-off, ordered end.

Each child leads a session of its own. All is done in the main thread: on Linux a child's death
signal is tied to the thread that started it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import watch
from relay import Relay, Sink

BACK_OFF = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds before the next start of a child that keeps dying
LONG_LIFE = 30.0  # seconds after which an earlier death is forgotten
KILL_AFTER, END_AFTER = 20.0, 23.0  # seconds after the stop: SIGKILL to the first, to all
PR_SET_PDEATHSIG = 1

prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class Stopped(Exception):
    """SIGTERM or SIGINT came while something was still being prepared."""


@dataclass
class Child:
    """One supervised process. Those of `rank` 0 end first, then 1, then 2."""

    name: str
    command: list[str]
    rank: int = 0
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    deaths: int = 0
    due: float = 0.0

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def bury(self) -> float:
        """Note a death; the seconds until the next start."""
        if time.monotonic() - self.born > LONG_LIFE:
            self.deaths = 0
        pause = BACK_OFF[min(self.deaths, len(BACK_OFF) - 1)]
        self.deaths += 1
        self.due = time.monotonic() + pause
        self.process = None
        return pause


@dataclass
class Supervisor:
    """Keeps children alive; `changed` is called whenever a pid is new."""

    lock: int
    record: Path
    changed: Callable[[], None] = lambda: None
    relay: Relay = field(default_factory=Relay)
    children: list[Child] = field(default_factory=list)
    sessions: dict[int, int] = field(default_factory=dict)  # session: rank
    stopping: bool = False
    stop_asked: float = 0.0
    hurry: bool = False

    def __post_init__(self) -> None:
        self.listen()
        self.watcher = self.start_watcher()

    def listen(self) -> None:
        awake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.relay.wake_on(awake)
        for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if sign is not signal.SIGHUP or signal.getsignal(sign) is not signal.SIG_IGN:
                signal.signal(sign, self.ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def ask_to_stop(self, sign: int, _frame: object) -> None:
        now = time.monotonic()
        if self.stopping and sign == signal.SIGINT and now - self.stop_asked > 1:
            self.hurry = True  # a second Ctrl-C, not the echo of the first
        elif not self.stopping:
            self.stopping, self.stop_asked = True, now

    def say(self, words: str) -> None:
        self.relay.err.write(f"hub: {words}\n".encode())

    # Starting

    def start_watcher(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", watch.__file__, str(self.record)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(self.lock,),
        )

    def tell_watcher(self) -> None:
        """Sessions whose members are all gone are forgotten: their number may come again."""
        self.sessions = {
            session: rank for session, rank in self.sessions.items() if watch.members({session})
        }
        if self.watcher.poll() is not None:
            self.watcher = self.start_watcher()
        line = " ".join(map(str, self.sessions)) + "\n"
        assert self.watcher.stdin
        try:
            self.watcher.stdin.write(line.encode())
            self.watcher.stdin.flush()
        except BrokenPipeError:
            pass  # it just died: the next turn starts another

    def start(self, child: Child, sink: Sink | None = None) -> None:
        """Start it now; `sink` takes what it prints instead of our own streams."""
        child.process = process = subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=child.pass_fds,
            preexec_fn=die_with(os.getpid()),
        )
        child.born = time.monotonic()
        assert process.stdout and process.stderr
        self.relay.read_from(os.dup(process.stdout.fileno()), sink or self.relay.out.write)
        self.relay.read_from(os.dup(process.stderr.fileno()), sink or self.relay.err.write)
        process.stdout.close()
        process.stderr.close()
        self.sessions[process.pid] = child.rank
        self.tell_watcher()

    def keep(self, child: Child) -> None:
        """Start it and keep it alive."""
        self.children.append(child)
        self.start(child)

    def run(self, command: list[str], sink: Sink | None = None) -> int:
        """Run a command to its end, with the others kept alive; its exit status."""
        child = Child(command[-1], command)
        self.start(child, sink)
        assert child.process
        while child.process.poll() is None:
            self.turn()
            if self.stopping:
                raise Stopped
        self.relay.turn(0)  # its last words
        return child.process.returncode

    # Keeping alive

    def turn(self, patience: float = 0.5) -> None:
        """One turn of the loop: hand on output, bring back who died."""
        now = time.monotonic()
        waits = [child.due - now for child in self.children if not child.process]
        self.relay.turn(max(0.0, min([patience, *waits])))
        if self.stopping:
            return
        if self.watcher.poll() is not None:
            self.tell_watcher()
        for child in self.children:
            self.revive(child)

    def revive(self, child: Child) -> None:
        if child.process and (status := child.process.poll()) is not None:
            pid, pause = child.pid, child.bury()
            self.say(f"{child.name} (pid {pid}) {cause(status)}; next start in {pause:g} s")
        if not child.process and time.monotonic() >= child.due:
            self.start(child)
            self.changed()

    # Ending

    def end(self) -> None:
        """End all: the lowest rank first, Redis last; SIGKILL for whoever does not go in time."""
        self.stopping = True
        started = time.monotonic()
        for rank in sorted(set(self.sessions.values())):
            patience = KILL_AFTER if rank == 0 else END_AFTER
            self.end_rank(rank, started + patience)
        self.sessions.clear()
        self.tell_watcher()
        assert self.watcher.stdin
        self.watcher.stdin.close()
        self.watcher.wait()
        self.flush(1.0)

    def end_rank(self, rank: int, deadline: float) -> None:
        sessions = {session for session, of in self.sessions.items() if of == rank}
        leaders = [session for session in sessions if watch.session_of(session) == session]
        watch.send(signal.SIGTERM, leaders)
        while left := self.left(sessions):
            if self.hurry or time.monotonic() > deadline:
                watch.send(signal.SIGKILL, left)
            self.relay.turn(0.1)

    def left(self, sessions: set[int]) -> list[int]:
        for child in self.children:
            if child.process:
                child.process.poll()  # else it stays a zombie
        return watch.members(sessions)

    def flush(self, patience: float) -> None:
        """Our last words, as far as somebody reads them."""
        deadline = time.monotonic() + patience
        while self.relay.busy and time.monotonic() < deadline:
            self.relay.turn(0.1)


def die_with(parent: int) -> Callable[[], None]:
    """For the child, before its program: SIGTERM when the supervisor dies (Linux)."""

    def ask() -> None:
        if prctl:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


def cause(status: int) -> str:
    return f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"
