"""Nobody waits for the reader of our output."""

import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.running import RunningHub, free_port
from tests.servers import ROOT, wait_for


@pytest.fixture
def piped(tmp_path: Path) -> Generator[RunningHub]:
    """`bin/run | …`, its reader being this test."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    settings = {"PORT": str(port), "HUB_DATA_DIR": str(tmp_path), "LOG_LEVEL": "trace"}
    process = subprocess.Popen(
        ["bin/run"], cwd=ROOT, env=kept | settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    (tmp_path / "output.log").touch()
    hub = RunningHub(tmp_path, port, process)
    try:
        hub.wait_until_ready()
        yield hub
    finally:
        hub.stop()


def test_it_goes_on_when_its_reader_leaves(piped: RunningHub) -> None:
    assert piped.process.stdout
    assert piped.process.stderr
    piped.process.stdout.close()
    piped.process.stderr.close()
    before = piped.pids["workers"][0]

    os.kill(before, signal.SIGKILL)

    wait_for(lambda: piped.pids["workers"][0] != before, 5, "it hangs")
    assert piped.stop(seconds=25) == 0


def test_it_goes_on_when_nobody_reads(piped: RunningHub) -> None:
    for _ in range(600):  # a log line each: more than any pipe holds
        with pytest.raises(HTTPError):
            urlopen(piped.url + "/nothing-of-that-name", timeout=5)
    before = piped.pids["scheduler"]

    os.kill(before, signal.SIGKILL)

    wait_for(lambda: piped.pids["scheduler"] != before, 5, "it hangs")
    assert piped.stop(seconds=25) == 0
