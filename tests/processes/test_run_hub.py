"""`bin/run`: what stands when it says ready."""

import os
from urllib.request import urlopen

from tests.running import RunningHub, family
from tests.servers import wait_for


def test_it_records_every_process(hub: RunningHub) -> None:
    record = hub.record

    assert set(record) >= {"base_url", "pids"}
    assert record["base_url"] == hub.url
    assert record["pids"]["supervisor"] == hub.process.pid
    assert record["pids"]["sandbox"] is None
    assert len(record["pids"]["workers"]) == 2
    pids = {int(mark.split("@")[0]) for mark in family(hub.process.pid)}
    named = [record["pids"][name] for name in ("web", "scheduler", "redis")]
    assert pids >= {*named, *record["pids"]["workers"]}


def test_it_answers(hub: RunningHub) -> None:
    with urlopen(hub.url + "/livez", timeout=5) as answer:
        assert answer.status == 200


def test_it_keeps_its_folder_private(hub: RunningHub) -> None:
    socket = next((hub.folder / "redis").glob("*/redis.sock"))

    assert os.stat(socket).st_mode & 0o077 == 0
    assert os.stat(hub.folder / "run.lock").st_mode & 0o077 == 0


def test_it_shows_a_first_link_when_there_is_nobody(hub: RunningHub) -> None:
    wait_for(lambda: f"{hub.url}/i/" in hub.output, 10, "no link was printed")
