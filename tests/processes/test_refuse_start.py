"""What cannot start says why in one line, and changes nothing."""

import socket
from collections.abc import Callable
from pathlib import Path

from tests.running import RunningHub, start_hub


def refusal(hub: RunningHub) -> str:
    """The only line it printed before it gave up."""
    assert hub.process.wait(30) != 0
    said = [line for line in hub.output.splitlines() if not line.startswith("setup:")]
    assert len(said) == 1, said
    return said[0]


def test_it_refuses_a_folder_that_is_in_use(hub: RunningHub) -> None:
    before, printed = hub.record, len(hub.output)

    second = start_hub(hub.folder)

    assert second.process.wait(30) != 0
    assert f"already runs on {hub.folder}" in hub.output[printed:]
    assert hub.record == before


def test_it_refuses_a_port_that_is_in_use(hub: RunningHub, tmp_path: Path) -> None:
    second = start_hub(tmp_path / "other", port=hub.port)

    assert f"port {hub.port}" in refusal(second)
    assert not (tmp_path / "other" / "run.json").exists()


def test_it_refuses_a_port_of_another_program(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        second = start_hub(tmp_path, port=other.getsockname()[1])

        assert "cannot listen" in refusal(second)


def test_it_names_all_bad_settings_at_once(tmp_path: Path) -> None:
    hub = start_hub(tmp_path, tz="Mars/Base", workers="none")

    assert hub.process.wait(30) != 0
    assert "TZ" in hub.output
    assert "WORKERS" in hub.output


def test_it_says_when_the_database_is_away(run: Callable[..., RunningHub]) -> None:
    hub = run(wait=False, database_url="postgresql://nobody@127.0.0.1:9/none")

    assert "database" in refusal(hub)
