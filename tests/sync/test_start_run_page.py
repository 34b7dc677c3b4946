"""POST /dashboard/sync/start: a run of all stores by staff, of an own store by its PIC."""

from typing import Any

from sqlalchemy import select

from hub.db import db
from hub.sync.jobs import sync_batch
from hub.users.models import Log
from tests.people import BUDI, MIRA, OMAR, SARI, add_store
from tests.sync.world import all_runs

URL = "/dashboard/sync/start"


def audited(action: str) -> list[Any]:
    return list(db.session.scalars(select(Log).where(Log.action == action)))


def test_it_starts_all_stores_and_leads_to_the_run(as_: Any, queue: Any) -> None:
    add_store("A")
    add_store("B")
    answer = as_(OMAR).post(URL, data={"job": "user"})
    (run,) = all_runs()
    assert (answer.status_code, answer.location) == (303, f"/dashboard/sync/runs/{run.id}")
    assert (run.job, run.trigger, run.actor, run.total) == ("user", "page", OMAR.email, 2)
    assert (sync_batch, run.id) in queue
    (line,) = audited("sync_run")
    assert (line.actor, line.subject) == (OMAR.email, "all stores")
    assert line.request_payload["after"] == {"run": run.id, "job": "user"}


def test_htmx_is_told_where_to_go(as_: Any) -> None:
    add_store("A")
    answer = as_(OMAR).post(URL, data={"job": "all"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/dashboard/sync/runs/")


def test_a_person_in_charge_starts_the_own_store_only(as_: Any) -> None:
    sari, _budi = as_(SARI), as_(BUDI)
    assert sari.post(URL, data={"store": "JKT001"}).status_code == 303
    assert [run.store_code for run in all_runs()] == ["JKT001"]
    assert sari.post(URL, data={"store": "BDG002"}).status_code == 404
    assert sari.post(URL, data={"job": "all"}).status_code == 403
    assert len(all_runs()) == 1
    assert [line.subject for line in audited("sync_run")] == ["JKT001"]


def test_it_refuses_a_store_or_a_job_that_is_not_there(as_: Any) -> None:
    assert as_(OMAR).post(URL, data={"store": "NO"}).status_code == 404
    answer = as_(OMAR).post(URL, data={"job": "everything"})
    assert answer.status_code == 400
    assert "Choose what to sync." in answer.text
    assert all_runs() == []


def test_it_is_refused_without_a_form_token_and_to_others(as_: Any) -> None:
    assert as_(OMAR).post(URL, data={"job": "all"}, csrf=False).status_code in (400, 403)
    assert as_(MIRA).post(URL, data={"job": "all"}).status_code == 403
    assert as_(None).post(URL, data={"job": "all"}).status_code in (303, 400, 403)
    assert all_runs() == []
