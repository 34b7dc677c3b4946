"""A whole Hub for tests: `bin/run` or `bin/demo` as a person starts them, on their own folder."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import ROOT, wait_for


@dataclass
class RunningHub:
    """`bin/run` (or `bin/demo`) as a person starts it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    @property
    def pids(self) -> dict[str, Any]:
        return dict(self.record["pids"])

    @property
    def output(self) -> str:
        return (self.folder / "output.log").read_text(errors="replace")

    def wait_until_ready(self, seconds: float = 60) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, f"ended early: {self.output[-2000:]}"
            record = self.folder / "run.json"
            return record.exists() and self.pids["supervisor"] == self.process.pid

        wait_for(ready, seconds, f"not ready in {seconds} s")

    def family(self) -> set[str]:
        """All processes below the supervisor, and itself."""
        return family(self.process.pid)

    def stop(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Send the signal; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
        return self.process.wait(seconds)


def family(pid: int) -> set[str]:
    """A process and all below it, each as `pid@start`, so that a reused number is not mistaken."""
    children: dict[int, list[int]] = {}
    for other, parent in processes().values():
        children.setdefault(parent, []).append(other)
    found, wave = {pid}, [pid]
    while wave:
        wave = [child for one in wave for child in children.get(one, [])]
        found.update(wave)
    return {mark for mark, (other, _) in processes().items() if other in found}


def living(marks: set[str]) -> set[str]:
    """Those of a family that still run."""
    return marks & set(processes())


def processes() -> dict[str, tuple[int, int]]:
    """`pid@start` → (pid, parent) of every process that is not a zombie."""
    if sys.platform != "linux":
        told = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,stat=,lstart="], capture_output=True, text=True
        ).stdout
        rows = [line.split(maxsplit=3) for line in told.splitlines()]
        return {f"{r[0]}@{r[3]}": (int(r[0]), int(r[1])) for r in rows if r[2][0] != "Z"}
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[0] not in "ZX":
            found[f"{entry.parent.name}@{fields[19]}"] = int(entry.parent.name), int(fields[1])
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def start_hub(folder: Path, *words: str, port: int = 0, **settings: Any) -> RunningHub:
    """Start `bin/run` (or what `words` say) on a folder; settings by lower-case name."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {name.upper(): str(value) for name, value in settings.items()}
    environment = {"PORT": str(port), "HUB_DATA_DIR": str(folder), **given}
    with (folder / "output.log").open("ab") as output:
        process = subprocess.Popen(
            list(words) or ["bin/run"],
            cwd=ROOT,
            env=kept | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return RunningHub(folder, port, process)


@contextmanager
def running_hub(folder: Path, *words: str, **settings: Any) -> Generator[RunningHub]:
    """A Hub that is ready; stopped at the end whatever happened."""
    hub = start_hub(folder, *words, **settings)
    try:
        hub.wait_until_ready()
        yield hub
    finally:
        hub.stop()
