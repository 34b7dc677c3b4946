"""kill -9 of the supervisor: nothing is left after 15 s, and the next start just works."""

import os
import signal
from collections.abc import Callable

import pytest

from tests.running import RunningHub, living
from tests.servers import wait_for


@pytest.mark.fault
def test_it_leaves_no_child(run: Callable[..., RunningHub]) -> None:
    hub = run()
    family = hub.family()
    assert len(family) >= 7  # supervisor, watcher, redis, web + 1, two workers, scheduler

    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait()

    wait_for(lambda: not living(family), 15, "children are left after 15 s")
    assert not (hub.folder / "run.json").exists()


@pytest.mark.fault
def test_it_starts_again_at_once(run: Callable[..., RunningHub]) -> None:
    hub = run()
    family = hub.family()
    os.kill(hub.process.pid, signal.SIGKILL)
    hub.process.wait()

    again = run(port=str(hub.port))

    assert not living(family)
    assert again.pids["supervisor"] == again.process.pid
