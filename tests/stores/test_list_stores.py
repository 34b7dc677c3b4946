"""GET /admin/stores and GET /admin/stores/<store_code>."""

from datetime import timedelta
from typing import Any

import pytest

from hub.clock import now, today
from hub.stores.accounts import account_of, disable
from hub.stores.models import NEED_RECONNECT
from tests.people import add_store
from tests.stores.spec import ONE_STORE, STORE_LIST, assert_like, refusal
from tests.stores.world import ZONE, add_connected, add_days, count_queries


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json
    return [store["storeCode"] for store in answer.json["data"]]


@pytest.fixture
def network(app: Any, db: Any, clock: Any) -> None:
    """One store of each state, at 10:00 in Jakarta: tonight's slots have passed."""
    day = today(ZONE)
    fresh = add_connected("a_fresh", store_name="Batik 100%", pic_contact="x", tags=["java"])
    add_days(fresh)
    account_of("a_fresh").last_sync_time = now()
    late = add_connected("b_late", store_name="Kopi_Tebing", tags=["bali", "java"])
    add_days(late, last=day - timedelta(days=1))
    stopped = add_connected("c_stopped")
    account_of(stopped.store_code).status = NEED_RECONNECT
    add_store("d_never")
    add_connected("e_off")
    disable("e_off")
    partial = add_connected("f_partial", ("user.info.basic", "user.info.stats"))
    add_days(partial, videos=0)
    db.session.commit()


def test_it_answers_as_the_spec(database: str, network: None, api: Any) -> None:
    answer = api().get("/admin/stores?q=a_fresh").json
    assert_like(answer, STORE_LIST)
    assert (answer["count"], answer["total"]) == (1, 1)
    assert_like(api().get("/admin/stores/a_fresh").json, ONE_STORE)


def test_unknown_numbers_are_null(network: None, api: Any) -> None:
    store = api().get("/admin/stores/d_never").json["data"]
    assert (store["connectionStatus"], store["state"]) == ("NOT_CONNECTED", "never_connected")
    wanted = ("accountId", "latestUserStats", "latestVideoStats", "tokenExpiresAt", "lastSyncTime")
    assert [store[key] for key in wanted] == [None] * 5


@pytest.mark.parametrize(("query", "found"), [
    ("", "a_fresh b_late c_stopped d_never e_off f_partial"),
    ("status=CONNECTED", "a_fresh b_late f_partial"),
    ("status=NEED_RECONNECT", "c_stopped"),
    ("status=DISABLED", "e_off"),
    ("status=NOT_CONNECTED", "d_never"),
    ("status=fresh", "a_fresh f_partial"),
    ("status=late", "b_late"),
    ("status=stopped", "c_stopped e_off"),
    ("status=never_connected", "d_never"),
    ("tag=java", "a_fresh b_late"),
    ("tag=jav", ""),
    ("q=%25", "a_fresh"),
    ("q=I_T", "b_late"),
    ("q=BATIK", "a_fresh"),
    ("q=PIC%20d", "d_never"),
    ("q=nothing", ""),
    ("order=desc&limit=2", "f_partial e_off"),
    ("limit=2&offset=1", "b_late c_stopped"),
    ("offset=4", "e_off f_partial"),
    ("limit=5&offset=99", ""),
    ("sort=followers&order=desc&limit=1", "a_fresh"),
    ("sort=views&order=desc&limit=2", "a_fresh b_late"),
    ("sort=status&limit=1&offset=3", "e_off"),
    ("sort=last_sync&limit=1", "a_fresh"),
    ("sort=store_name&limit=1", "a_fresh"),
    ("sort=created_at&limit=1", "a_fresh"),
])  # fmt: skip
def test_it_filters_and_sorts(
    query: str, found: str, database: str, network: None, api: Any
) -> None:
    assert codes(api().get(f"/admin/stores?{query}")) == found.split()


def test_count_is_returned_and_total_all(network: None, api: Any) -> None:
    answer = api().get("/admin/stores?limit=2&status=CONNECTED").json
    assert (answer["count"], answer["total"]) == (2, 3)
    answer = api().get("/admin/stores?limit=2&offset=50").json
    assert (answer["count"], answer["total"]) == (0, 6)


@pytest.mark.parametrize("query", [
    "limit=0", "limit=1001", "limit=", "limit=1.5", "limit=-1", "limit=%D9%A1", "offset=-1",
    "offset=x", "sort=colour", "order=up", "status=connected", "status=", "archived=1", "q=",
    "tag=", "q=%00", f"q={'x' * 300}",
])  # fmt: skip
def test_it_refuses_bad_values(query: str, api: Any) -> None:
    answer = api().get(f"/admin/stores?{query}")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST")


def test_it_reads_a_thousand_stores_in_one_query(app: Any, db: Any, api: Any) -> None:
    for n in range(1000):
        add_store(f"s{n:04}")
    db.session.commit()
    seen = count_queries(app)
    assert api().get("/admin/stores").json["count"] == 1000
    assert seen == [2]  # the version of the list, and the list


def test_it_is_304_until_something_changes(database: str, network: None, api: Any) -> None:
    script = api()
    tag = script.get("/admin/stores").headers["ETag"]
    assert script.get("/admin/stores", headers={"If-None-Match": tag}).status_code == 304
    other = script.get("/admin/stores?limit=1", headers={"If-None-Match": tag})
    assert other.status_code == 200
    script.patch("/admin/stores/d_never", json={"pic_name": "New"})
    assert script.get("/admin/stores", headers={"If-None-Match": tag}).status_code == 200


def test_a_changed_account_changes_the_list(network: None, api: Any) -> None:
    tag = api().get("/admin/stores").headers["ETag"]
    api().post("/admin/stores/a_fresh/disconnect")
    assert api().get("/admin/stores", headers={"If-None-Match": tag}).status_code == 200


def test_freshness_follows_the_slots(clock: Any, network: None, api: Any) -> None:
    assert codes(api().get("/admin/stores?status=fresh")) == ["a_fresh", "f_partial"]
    clock.shift(timedelta(hours=15))  # 01:00: the night's slots are still to come
    assert codes(api().get("/admin/stores?status=fresh")) == ["a_fresh", "f_partial"]
    clock.shift(timedelta(hours=1, minutes=30))  # 02:30: the account part's slot has passed
    assert codes(api().get("/admin/stores?status=late")) == ["a_fresh", "b_late", "f_partial"]


def test_an_unknown_store_is_404(api: Any) -> None:
    for path in ("", "/accounts", "/user-stats", "/video-stats"):
        answer = api().get(f"/admin/stores/nobody{path}")
        assert answer.status_code == 404
        assert answer.json == refusal("STORE_NOT_FOUND", "Store not found")


def test_a_code_is_found_whatever_its_case(network: None, api: Any) -> None:
    assert api().get("/admin/stores/A_FRESH").json["data"]["storeCode"] == "a_fresh"
