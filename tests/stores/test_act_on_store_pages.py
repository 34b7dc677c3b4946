"""Sync, connect links, disconnect and switching off from pages."""

import re

import pytest
from sqlalchemy import func, select

from hub.crypto import digest
from hub.db import db
from hub.stores.accounts import account_of, mark_reconnect
from hub.stores.models import ConnectLink, Store
from hub.sync.jobs import sync_batch
from hub.sync.models import SyncItem, SyncRun
from hub.users.models import Log
from tests.analytics.world import add_fresh, fill
from tests.people import ANA, BUDI, OMAR, SARI, add_person, add_store
from tests.stores.world import add_connected

pytestmark = pytest.mark.usefixtures("clock", "queue")
URL = "/dashboard/stores"


def runs() -> list[SyncRun]:
    return list(db.session.scalars(select(SyncRun)))


def codes_of(run: SyncRun) -> set[str]:
    wanted = select(Store.store_code).join(SyncItem, SyncItem.store_id == Store.id)
    return set(db.session.scalars(wanted.where(SyncItem.run_id == run.id)))


def stop(code: str) -> None:
    add_fresh(code)
    mark_reconnect(account_of(code), "access_expired")
    db.session.commit()


def audit(action: str) -> list[str | None]:
    return list(db.session.scalars(select(Log.subject).where(Log.action == action)))


def test_it_starts_a_sync_of_the_store(as_, queue):
    add_fresh("JKT001")
    answer = as_(SARI).post(f"{URL}/JKT001/sync")
    assert answer.location == f"{URL}/JKT001"
    (run,) = runs()
    assert (run.trigger, run.actor, run.store_code) == ("page", "sari@hub.test", "JKT001")
    assert set(queue) == {(sync_batch, run.id)} and audit("sync_run") == ["JKT001"]


def test_it_starts_none_where_access_has_ended(as_):
    stop("JKT001")
    browser = as_(ANA)
    assert browser.post(f"{URL}/JKT001/sync").location == f"{URL}/JKT001"
    assert runs() == [] and "A sync cannot help here" in browser.get(f"{URL}/JKT001").text


def test_it_starts_one_run_for_the_ticked_stores_that_can_be_synced(as_):
    add_fresh("A1")
    add_fresh("A2")
    stop("A3")
    browser = as_(OMAR)
    browser.post(f"{URL}/sync", data={"store": ["A1", "A2", "A3"]})
    (run,) = runs()
    assert codes_of(run) == {"A1", "A2"} and audit("sync_run") == ["2 stores"]
    assert "1 without access left out" in browser.get(URL).text


def test_it_syncs_all_that_are_late_or_have_one_cause(as_):
    fill(add_connected("A1"), behind=1)
    add_fresh("A2")
    as_(ANA).post(f"{URL}/sync", data={"state": "late"})
    as_(ANA).post(f"{URL}/sync", data={"cause": "access_expired"})
    (run,) = runs()
    assert codes_of(run) == {"A1"}


def test_it_says_when_no_store_was_ticked(as_):
    browser = as_(ANA)
    assert browser.post(f"{URL}/sync").location == URL
    browser.post(f"{URL}/links")
    assert "No store was ticked." in browser.get(URL).text and runs() == []


def test_it_leaves_other_peoples_stores_alone(as_):
    add_person(SARI)
    add_fresh("A1")
    as_(BUDI).post(f"{URL}/sync", data={"store": ["A1", "JKT001"]})
    assert as_(BUDI).post(f"{URL}/A1/sync").status_code == 404
    assert as_(BUDI).post(f"{URL}/A1/link").status_code == 404
    as_(BUDI).post(f"{URL}/links", data={"store": ["A1"]})
    assert runs() == [] and db.session.scalar(select(func.count(ConnectLink.token_digest))) == 0


def test_it_makes_a_link_with_a_text_in_both_languages(as_):
    add_store("A1", store_name="Batik Sekar", pic_name="Laila F.", pic_contact="0812 3456 7890")
    answer = as_(OMAR).post(f"{URL}/A1/link")
    token = re.search(r'value="http://localhost/c/([^"]+)"', answer.text)[1]
    assert db.session.get(ConnectLink, digest(token)) is not None
    assert "Hi Laila F., the TikTok account of Batik Sekar" in answer.text
    assert answer.text.count(f"http://localhost/c/{token}") >= 3
    assert "https://wa.me/6281234567890?text=" in answer.text and 'lang="id"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert audit("create_connect_link") == ["A1"]


def test_it_makes_a_link_for_each_store_of_a_cause(as_):
    stop("A1")
    stop("A2")
    add_fresh("A3")
    html = as_(ANA).post(f"{URL}/links", data={"cause": "access_expired"}).text
    assert "2 links are ready" in html and "ended on Tue 24 Nov" in html
    assert db.session.scalar(select(func.count(ConnectLink.token_digest))) == 2


def test_it_asks_before_it_disconnects(as_):
    add_fresh("A1")
    question = as_(ANA).get(f"{URL}/A1/disconnect").text
    assert "Stays: 2 videos and all numbers so far." in question and "Lost:" in question
    assert account_of("A1").status == "CONNECTED"
    assert as_(ANA).post(f"{URL}/A1/disconnect").location == f"{URL}/A1"
    assert account_of("A1").status == "NOT_CONNECTED" and audit("disconnect") == ["A1"]


def test_it_switches_a_store_off_and_on(as_):
    add_fresh("A1")
    as_(OMAR).post(f"{URL}/A1/disable")
    assert account_of("A1").status == "DISABLED"
    as_(OMAR).post(f"{URL}/A1/enable")
    assert account_of("A1").status == "CONNECTED"
    assert audit("disable_store") == audit("enable_store") == ["A1"]


def test_it_cannot_switch_off_what_is_not_connected(as_):
    add_store("A1")
    browser = as_(ANA)
    browser.post(f"{URL}/A1/disable")
    assert "No TikTok account is connected." in browser.get(f"{URL}/A1").text


def test_it_polls_until_the_end_and_then_fetches_the_page(as_, queue):
    store = add_fresh("A1")
    browser = as_(ANA)
    browser.post(f"{URL}/A1/sync")
    address = f"{URL}/A1/progress/{runs()[0].id}"
    live = browser.get(address, headers={"HX-Request": "true"}).text
    assert "every 2s" in live
    queue.run()  # nobody answers at TikTok's address: the item fails
    ended = browser.get(address, headers={"HX-Request": "true"})
    assert "every 2s" not in ended.text and 'hx-trigger="load"' in ended.text
    assert f"Toko {store.store_code}" in ended.headers["HX-Trigger"]
    assert browser.get(address).location == f"{URL}/A1"
    assert browser.get(f"{URL}/A1/progress/99", headers={"HX-Request": "true"}).status_code == 404
