"""Cancel a run: the question, the answer, the record, and who may."""

from typing import Any

from tests.people import BUDI, OMAR, SARI
from tests.sync.made_runs import add_run, text_of
from tests.sync.test_start_run_page import audited
from tests.sync.world import all_runs


def test_it_asks_what_stays_and_what_is_lost(as_: Any) -> None:
    run = add_run([("A", "done"), ("B", "queued")], "running")
    words = text_of(as_(OMAR).get(f"/dashboard/sync/runs/{run}/cancel"))
    assert f"Cancel run {run}?" in words
    assert "Stays: all numbers read so far." in words
    assert "Let it run" in words


def test_it_cancels_what_waits_and_keeps_a_record(as_: Any) -> None:
    run = add_run([("A", "done"), ("B", "queued")], "running")
    omar = as_(OMAR)
    answer = omar.post(f"/dashboard/sync/runs/{run}/cancel")
    assert (answer.status_code, answer.location) == (303, f"/dashboard/sync/runs/{run}")
    assert [(row.state, row.cancelled_by) for row in all_runs()] == [("cancelled", OMAR.email)]
    (line,) = audited("cancel_run")
    assert (line.actor, line.request_payload["after"]["run"]) == (OMAR.email, run)
    assert "by Omar Hakim at" in text_of(omar.get(answer.location))


def test_what_has_ended_stays_as_it_is(as_: Any) -> None:
    run = add_run([("A", "done")])
    omar = as_(OMAR)
    assert omar.get(f"/dashboard/sync/runs/{run}/cancel").status_code == 303
    answer = omar.post(f"/dashboard/sync/runs/{run}/cancel")
    assert answer.status_code == 303
    assert f"Run {run} had already ended." in text_of(omar.get(answer.location))
    assert audited("cancel_run") == []
    assert [row.state for row in all_runs()] == ["done"]


def test_only_those_who_see_a_run_cancel_it(as_: Any) -> None:
    sari, budi = as_(SARI), as_(BUDI)
    everybodys = add_run([("JKT001", "queued")], "running", job="user")
    hers = add_run([("JKT001", "queued")], "running", job="video", store_code="JKT001")
    for run in (hers, everybodys):
        assert budi.post(f"/dashboard/sync/runs/{run}/cancel").status_code == 404
    assert sari.post(f"/dashboard/sync/runs/{everybodys}/cancel").status_code == 404
    assert sari.post(f"/dashboard/sync/runs/{hers}/cancel").status_code == 303
    assert [row.state for row in all_runs()] == ["running", "cancelled"]
