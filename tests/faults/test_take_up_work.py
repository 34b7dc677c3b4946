"""With the settings a person has who set nothing: work goes on within 30 s of kill -9 (R1)."""

from typing import Any

import pytest

from tests.faults.scene import DEFAULTS, Run, Scene, kill, until

BOUND = 30


@pytest.fixture(scope="module")
def hub_settings() -> dict[str, Any]:
    return dict(DEFAULTS)


def taken_up(run: Run, held: set[str]) -> bool:
    """Whether each store that was in work has been begun again or has ended."""
    attempts, states = run.items("attempts"), run.items("state")
    return all(attempts[code] > 1 or states[code] == "done" for code in held)


@pytest.mark.parametrize("name", ["worker", "scheduler", "redis"])
def test_it_goes_on_by_itself(scene: Scene, name: str, record_property: Any) -> None:
    run = scene.sync()
    scene.wait_for_hits(15)
    pids = scene.pids

    kill(pids["workers"][0] if name == "worker" else pids[name], whole=True)

    held = {code for code, state in run.items("state").items() if state == "running"}
    assert held
    seconds = until(BOUND, lambda: taken_up(run, held), f"not taken up within {BOUND} s")
    record_property("seconds to resume", round(seconds, 1))
    print(f"{name}: taken up after {seconds:.1f} s")
    run.wait(15)
    run.check()
