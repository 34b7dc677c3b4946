"""X-API-KEY opens /admin/*; five wrong keys of an address block it for 15 minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import g
from sqlalchemy import event, select

from hub.access import access
from hub.api import success
from hub.users.keys import create_key, revoke_key
from hub.users.models import ApiKey, Block, Log
from tests.clients import KeyClient
from tests.people import ANA

PROBLEM = {
    "success": False,
    "error": {"code": "UNAUTHORIZED", "message": "Missing or invalid API key"},
}


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"login_rate_limit": "5/15 minutes", "trusted_proxies": "127.0.0.1"}


@pytest.fixture
def door(app: Any) -> str:
    view: Any = access("admin")(lambda: success({"actor": g.actor}))
    app.add_url_rule("/admin/door", "admin_door", view, methods=["GET", "POST"])
    view = access("client")(lambda: success({}))
    app.add_url_rule("/api/tiktok/door", "client_door", view)
    return "/admin/door"


def test_it_opens_by_the_root_key(door: str, api: Any) -> None:
    assert api().get(door).json["data"] == {"actor": "root key"}


def test_it_opens_by_a_named_key_until_it_is_revoked(door: str, api: Any, db: Any) -> None:
    _row, text = create_key("cashier")
    assert api(text).get(door).json["data"] == {"actor": "cashier"}
    revoke_key("cashier")
    assert api(text).get(door).status_code == 401


def test_it_keeps_only_a_digest_of_a_key(app: Any, db: Any) -> None:
    row, text = create_key("cashier")
    assert text not in str(vars(row))


def test_it_notes_the_use_of_a_key_once_a_minute_after_the_answer(
    door: str, api: Any, db: Any, clock: Any
) -> None:
    _row, text = create_key("cashier")
    answer = api(text).get(door, buffered=False)
    assert db.session.scalar(select(ApiKey.last_used_at)) is None
    db.session.rollback()
    answer.close()
    first = db.session.scalar(select(ApiKey.last_used_at))
    assert first is not None
    clock.shift(30)
    api(text).get(door)
    assert db.session.scalar(select(ApiKey.last_used_at)) == first
    clock.shift(40)
    api(text).get(door)
    assert db.session.scalar(select(ApiKey.last_used_at)) > first


def test_it_refuses_no_key_without_counting(door: str, api: Any, db: Any) -> None:
    answers = [api(None).get(door) for _ in range(7)]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].json == PROBLEM
    assert api().get(door).status_code == 200
    assert db.session.scalars(select(Block)).all() == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_blocks_an_address_after_five_wrong_keys(
    door: str, api: Any, clock: Any, method: str
) -> None:
    answers = [getattr(api(f"wrong{n}"), method)(door) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[0].json == PROBLEM
    right = api().get(door)
    assert right.status_code == 429
    assert right.json["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 0 < int(right.headers["Retry-After"]) <= 900
    assert api().get(door, headers={"X-Forwarded-For": "10.9.9.9"}).status_code == 200


def test_it_opens_again_15_minutes_after_the_first_failure(door: str, api: Any, clock: Any) -> None:
    for n in range(5):
        api(f"wrong{n}").get(door)
        clock.shift(timedelta(minutes=2))
    assert api().get(door).status_code == 429
    clock.shift(timedelta(minutes=5, seconds=1))
    assert api().get(door).status_code == 200
    assert api("wrong").get(door).status_code == 401


def test_it_counts_exactly_under_parallel_tries(
    door: str, api: Any, app: Any, db: Any, database: str
) -> None:
    def try_wrong(n: int) -> int:
        return int(app.test_client().get(door, headers={"X-API-KEY": f"w{n}"}).status_code)

    db.session.commit()
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(try_wrong, range(24)))
    assert sorted(seen) == [401] * 5 + [429] * 19


def test_it_writes_nothing_with_a_right_key(door: str, api: Any, db: Any) -> None:
    written: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def keep(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        written.append(statement)

    api().get(door)
    words = {statement.split()[0] for statement in written}
    assert words <= {"BEGIN", "SELECT"}
    assert len([word for word in written if word.startswith("SELECT")]) == 1


def test_it_does_not_take_a_browser_for_a_key(door: str, as_: Any) -> None:
    assert as_(ANA).get(door).status_code == 401


def test_it_does_not_open_other_families(door: str, api: Any) -> None:
    answer = api().get("/api/tiktok/door")
    assert answer.status_code == 401
    assert answer.json["status"] == "error"


def test_it_audits_a_refusal_without_the_key(door: str, app: Any, db: Any) -> None:
    KeyClient(app, "a-wrong-key-to-be-hidden").get(door)
    row = db.session.scalar(select(Log))
    assert (row.action, row.status) == ("key_refused", "failure")
    assert "a-wrong-key" not in str(vars(row))


def test_it_is_off_when_the_limit_is_off(door: str, api: Any, app: Any) -> None:
    app.extensions["settings"].login_rate_limit = "off"
    assert {api(f"wrong{n}").get(door).status_code for n in range(8)} == {401}
