"""POST /admin/stores."""

from typing import Any

import pytest
from sqlalchemy import select

from hub.stores.models import Store
from hub.users.models import Log
from tests.people import SARI
from tests.stores.spec import CREATED_STORE, NEW_STORE, assert_like, refusal

CODE = "store_code must be 1-50 alphanumeric characters with underscores or hyphens"
EXISTS = refusal("STORE_EXISTS", "Store with this code already exists")
BAD = [
    ({"store_code": ""}, CODE),
    ({"store_code": "a" * 51}, CODE),
    ({"store_code": "has blank"}, CODE),
    ({"store_code": "tökö"}, CODE),
    ({"store_code": "a\n"}, CODE),
    ({"store_code": 7}, CODE),
    ({"store_code": None}, CODE),
    ({"store_name": ""}, "store_name must be 1-255 characters"),
    ({"store_name": "   "}, "store_name must be 1-255 characters"),
    ({"store_name": "x" * 256}, "store_name must be 1-255 characters"),
    ({"store_name": "a\x00b"}, "store_name must be 1-255 characters"),
    ({"store_name": "\ud800"}, "store_name must be 1-255 characters"),
    ({"pic_name": ""}, "pic_name must be 1-255 characters"),
    ({"pic_name": ["x"]}, "pic_name must be 1-255 characters"),
    ({"pic_contact": "x" * 256}, "pic_contact must be at most 255 characters"),
    ({"pic_contact": 62811}, "pic_contact must be at most 255 characters"),
    ({"tags": "jakarta"}, "tags must be a list of at most 20 texts of 1-50 characters without |"),
    ({"tags": ["a|b"]}, "tags must be a list of at most 20 texts of 1-50 characters without |"),
]


def test_it_answers_as_the_spec(database: str, api: Any) -> None:
    answer = api().post("/admin/stores", json=NEW_STORE)
    assert answer.status_code == 201
    assert_like(answer.json, CREATED_STORE)
    for key in ("message", "next_step"):
        assert answer.json[key] == CREATED_STORE[key]
    given = {k: v for k, v in CREATED_STORE["data"].items() if k != "createdAt"}
    assert answer.json["data"].items() >= given.items()


def test_it_writes_the_trail(api: Any, db: Any) -> None:
    api().post("/admin/stores", json=NEW_STORE)
    log = db.session.scalar(select(Log).where(Log.action == "create_store"))
    assert (log.subject, log.actor) == ("store_jakarta_01", "root key")


@pytest.mark.parametrize(("change", "message"), BAD)
def test_it_refuses_bad_fields(change: dict[str, Any], message: str, api: Any, db: Any) -> None:
    answer = api().post("/admin/stores", json=NEW_STORE | change)
    assert (answer.status_code, answer.json) == (400, refusal("INVALID_REQUEST", message))
    assert db.session.scalar(select(Store)) is None


@pytest.mark.parametrize("field", ["store_code", "store_name", "pic_name"])
def test_it_refuses_missing_fields(field: str, api: Any) -> None:
    answer = api().post("/admin/stores", json={k: v for k, v in NEW_STORE.items() if k != field})
    assert answer.status_code == 400
    assert answer.json["error"]["message"].startswith(field)


def test_contact_and_tags_are_optional_and_unknown_keys_ignored(api: Any) -> None:
    given = NEW_STORE | {"pic_contact": None, "tags": ["a", "a", " b "], "colour": "red"}
    data = api().post("/admin/stores", json=given).json["data"]
    assert (data["picContact"], data["tags"]) == (None, ["a", "b"])


def test_codes_are_unique_whatever_their_case_and_against_archived(api: Any) -> None:
    api().post("/admin/stores", json=NEW_STORE)
    again = NEW_STORE | {"store_code": "STORE_Jakarta_01"}
    answer = api().post("/admin/stores", json=again)
    assert (answer.status_code, answer.json) == (409, EXISTS)
    api().delete("/admin/stores/store_jakarta_01")
    answer = api().post("/admin/stores", json=again)
    assert (answer.status_code, answer.json) == (409, EXISTS)


@pytest.mark.parametrize(("sent", "status"), [
    ({"data": "store_code=a", "content_type": "application/x-www-form-urlencoded"}, 415),
    ({"data": "{", "content_type": "application/json"}, 400),
    ({"json": ["a"]}, 400),
    ({}, 400),
])  # fmt: skip
def test_it_refuses_other_bodies(sent: dict[str, Any], status: int, api: Any) -> None:
    answer = api().post("/admin/stores", **sent)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, "INVALID_REQUEST")


@pytest.mark.parametrize("key", [None, "wrong-key"])
def test_it_needs_a_key(key: str | None, api: Any) -> None:
    answer = api(key).post("/admin/stores", json=NEW_STORE)
    assert answer.status_code == 401
    assert answer.json == refusal("UNAUTHORIZED", "Missing or invalid API key")


def test_a_login_is_no_key(as_: Any) -> None:
    assert as_(SARI).post("/admin/stores", json=NEW_STORE).status_code == 401
