"""`python worker.py work` itself: a forked work horse over a real Redis, sandbox and socket."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.sync import runs
from hub.sync.models import VideoDaily
from tests.installation import SETTINGS
from tests.servers import ROOT, wait_for
from tests.sync.world import VIDEOS, connect, rows

pytestmark = pytest.mark.slow


def start_worker(app: Any) -> subprocess.Popen[bytes]:
    """With the settings of this test's app, by the environment."""
    config = app.extensions["settings"]
    names = [*SETTINGS, "hub_data_dir"]
    given = {name.upper(): str(getattr(config, name)) for name in names}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen([sys.executable, "worker.py", "work"], cwd=ROOT, env=kept | given)


def test_it_works_a_run_and_stops_when_told(
    database: str, redis: Any, sandbox: Any, app: Any, tmp_path: Path
) -> None:
    connect(sandbox, "one", "two", "three")
    worker = start_worker(app)
    try:
        run_id = runs.start("all", trigger="api", actor="test")
        wait_for(lambda: runs.find(run_id).state == "done", 20, "the worker does nothing")
        assert runs.find(run_id).outcome == "success"
        assert len(rows(VideoDaily)) == 3 * VIDEOS
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    finally:
        worker.kill()
        worker.wait()
