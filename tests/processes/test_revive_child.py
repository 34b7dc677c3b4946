"""kill -9 of a child: back within 5 s, run.json follows."""

import os
import signal
from typing import Any
from urllib.request import urlopen

import pytest

from tests.running import RunningHub
from tests.servers import wait_for


def pid_of(pids: dict[str, Any], name: str) -> int:
    return int(pids["workers"][0] if name == "worker" else pids[name])


@pytest.mark.fault
@pytest.mark.parametrize("name", ["worker", "scheduler", "redis", "web"])
def test_it_brings_a_killed_child_back(hub: RunningHub, name: str) -> None:
    before = pid_of(hub.pids, name)

    os.kill(before, signal.SIGKILL)

    wait_for(lambda: pid_of(hub.pids, name) != before, 5, f"{name} is not back after 5 s")
    after = pid_of(hub.pids, name)
    os.kill(after, 0)
    with urlopen(hub.url + "/livez", timeout=5) as answer:
        assert answer.status == 200


@pytest.mark.fault
def test_it_leaves_the_others_alone(hub: RunningHub) -> None:
    before = hub.pids

    os.kill(before["scheduler"], signal.SIGKILL)

    wait_for(lambda: hub.pids["scheduler"] != before["scheduler"], 5, "not back after 5 s")
    assert {**hub.pids, "scheduler": 0} == {**before, "scheduler": 0}
