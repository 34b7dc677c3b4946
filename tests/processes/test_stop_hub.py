"""SIGTERM and Ctrl-C: all gone within 25 s, exit 0."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.running import RunningHub, living
from tests.servers import wait_for


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_all_children(run: Callable[..., RunningHub], sign: signal.Signals) -> None:
    hub = run()
    family = hub.family()
    started = time.monotonic()

    status = hub.stop(sign, seconds=25)

    assert status == 0
    assert time.monotonic() - started < 25
    assert not living(family)
    assert not (hub.folder / "run.json").exists()


def test_it_stops_while_it_still_starts(run: Callable[..., RunningHub]) -> None:
    hub = run(wait=False)
    wait_for((hub.folder / "redis").exists, 30, "it does not start")
    family = hub.family()

    assert hub.stop() == 0
    assert not living(family)


def test_it_keeps_its_secrets_for_the_next_start(run: Callable[..., RunningHub]) -> None:
    first = run()
    secrets = (first.folder / "secrets.json").read_bytes()
    first.stop()

    again = run()

    assert (again.folder / "secrets.json").read_bytes() == secrets
