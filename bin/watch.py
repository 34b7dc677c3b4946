"""Ends what a killed supervisor left behind: `kill -9` of `bin/run` leaves no child.

Called with the path of run.json. Its stdin is a pipe from the supervisor; each line holds the
sessions of the children that live now. When the pipe ends although the last line was not empty,
the supervisor is gone without a word. The watcher also holds the data folder's lock, so the next
start waits until it is done.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 10.0  # seconds between SIGTERM and SIGKILL


def members(sessions: set[int]) -> list[int]:
    """Living processes of these sessions: children, their children, whoever changed groups."""
    if not sessions:
        return []
    if sys.platform != "linux":
        told = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True).stdout
        return [pid for pid in map(int, told.split()) if session_of(pid) in sessions]
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if session_of(pid) in sessions]


def session_of(pid: int) -> int | None:
    """The session of a process; None when it is gone or a zombie."""
    if sys.platform != "linux":
        try:
            return os.getsid(pid)
        except OSError:
            return None
    try:
        state, _parent, _group, session = status(pid)[:4]
    except OSError:
        return None
    return None if state in "ZX" else int(session)


def status(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may hold blanks and brackets."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def alive(pid: int) -> bool:
    return session_of(pid) is not None


def send(sign: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            pass  # it ended by itself meanwhile


def read_sessions(pipe: int) -> set[int]:
    """What the last whole line said when the pipe ended."""
    said, rest = b"", b""
    while chunk := os.read(pipe, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        said = lines[-1] if lines else said
    return {int(word) for word in said.split()}


def main() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    sessions = read_sessions(0)
    if not sessions:
        return  # an orderly end
    Path(sys.argv[1]).unlink(missing_ok=True)  # what it says is not true any more
    if sys.platform != "linux":  # there PR_SET_PDEATHSIG has sent it already
        send(signal.SIGTERM, [pid for pid in sessions if session_of(pid) == pid])
    deadline = time.monotonic() + PATIENCE
    while members(sessions) and time.monotonic() < deadline:
        time.sleep(0.1)
    while left := members(sessions):
        send(signal.SIGKILL, left)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
