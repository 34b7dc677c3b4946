"""The hub ends in the middle of a run, as asked (F4) or by kill -9; the next start goes on."""

import signal
import time

from tests.faults.scene import Run, Scene, kill
from tests.running import living
from tests.servers import wait_for

ENDS_WITHIN = 25


def check_nothing_held(run: Run) -> None:
    """Handed back or finished; an attempt that was handed back does not count."""
    states, attempts = run.items("state"), run.items("attempts")
    assert set(states.values()) == {"queued", "done"}, "not in the middle, or something is held"
    assert set(run.items("lease_until").values()) == {None}
    assert set(run.items("owner").values()) == {None}
    assert all(attempts[code] == (state == "done") for code, state in states.items())


def test_it_hands_back_what_takes_too_long(scene: Scene) -> None:
    """A call of 40 s: its store is handed back, asked again by the next start."""
    stuck = scene.codes[0]
    scene.sandbox.post("/_faults", fault="slow", seconds=40, handle=stuck, endpoint="user/info")
    run = scene.sync()
    scene.wait_for_fault()
    family = scene.hub.family()
    started = time.monotonic()

    assert scene.hub.stop(signal.SIGTERM, ENDS_WITHIN) == 0

    assert time.monotonic() - started < ENDS_WITHIN
    assert not living(family)
    check_nothing_held(run)
    assert run.items("state")[stuck] == "queued"
    scene.start()
    run.wait(20)
    run.check()
    assert set(run.items("attempts").values()) == {1}


def test_a_killed_supervisor_costs_nothing_but_time(scene: Scene) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)
    family = scene.hub.family()

    kill(scene.hub.process.pid)
    scene.hub.process.wait()

    wait_for(lambda: not living(family), 15, "children are left after 15 s")
    assert run.state == "running"
    scene.start()
    run.wait(20)
    run.check()
    assert scene.one("SELECT max(id) FROM sync_runs") == run.id


def test_a_machine_that_lost_its_power_goes_on(scene: Scene) -> None:
    """All processes at once, also the one that ends what a killed supervisor left."""
    run = scene.sync()
    scene.wait_for_hits(15)

    kill(scene.hub.process.pid, signal.SIGSTOP, whole=True)  # so that nobody revives anybody
    family = kill(scene.hub.process.pid, whole=True)
    scene.hub.process.wait()

    wait_for(lambda: not living(family), 5, "somebody lives on")
    assert "running" in run.items("state").values()
    scene.start()
    run.wait(20)
    run.check()
