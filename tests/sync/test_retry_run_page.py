"""Retry what failed: a new run over those stores, its record, and who may."""

from typing import Any

from hub.sync.models import SyncItem
from tests.people import BUDI, OMAR, SARI
from tests.sync.made_runs import add_run, text_of
from tests.sync.test_start_run_page import audited
from tests.sync.world import all_runs, rows


def test_it_starts_a_run_over_the_failed_stores_only(as_: Any) -> None:
    run = add_run([("A", "done"), ("B", "failed"), ("C", "failed")], outcome="partial")
    omar = as_(OMAR)
    answer = omar.post(f"/dashboard/sync/runs/{run}/retry-failed")
    new = all_runs()[-1]
    assert (answer.status_code, answer.location) == (303, f"/dashboard/sync/runs/{new.id}")
    assert (new.retry_of, new.total, new.trigger, new.actor) == (run, 2, "retry", OMAR.email)
    assert len(rows(SyncItem, run_id=new.id)) == 2
    (line,) = audited("retry_run")
    assert line.request_payload["after"] == {"run": new.id, "job": "all", "retry_of": run}
    assert f"Retry of run {run}" in text_of(omar.get(answer.location))
    assert f"Retried in run {new.id}" in text_of(omar.get(f"/dashboard/sync/runs/{run}"))


def test_nothing_is_started_where_nothing_failed(as_: Any) -> None:
    omar = as_(OMAR)
    for states, state in (
        ([("A", "done")], "done"),
        ([("B", "failed"), ("C", "queued")], "running"),
    ):
        run = add_run(states, state)  # type: ignore[arg-type]
        answer = omar.post(f"/dashboard/sync/runs/{run}/retry-failed")
        assert answer.location == f"/dashboard/sync/runs/{run}"
        assert "Nothing to retry" in text_of(omar.get(answer.location))
    assert len(all_runs()) == 2
    assert audited("retry_run") == []


def test_a_person_in_charge_retries_the_own_store_and_sees_the_new_run(as_: Any) -> None:
    sari, budi = as_(SARI), as_(BUDI)
    run = add_run([("JKT001", "failed")], outcome="failed", store_code="JKT001")
    assert budi.post(f"/dashboard/sync/runs/{run}/retry-failed").status_code == 404
    answer = sari.post(f"/dashboard/sync/runs/{run}/retry-failed")
    assert answer.status_code == 303
    assert sari.get(answer.location).status_code == 200
    assert [row.store_code for row in all_runs()] == ["JKT001", "JKT001"]
