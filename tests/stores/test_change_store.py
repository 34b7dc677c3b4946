"""PATCH and DELETE /admin/stores/<store_code>."""

from typing import Any

import pytest

from tests.people import add_store
from tests.stores.spec import refusal
from tests.stores.world import add_connected, add_days

GONE = refusal("STORE_NOT_FOUND", "Store not found")


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_store("jkt", pic_contact="08")
    db.session.commit()


def test_it_changes_what_is_given(database: str, api: Any) -> None:
    answer = api().patch("/admin/stores/jkt", json={"store_name": "New", "tags": ["java"]})
    assert answer.status_code == 200
    assert answer.json["message"] == "Store updated"
    data = answer.json["data"]
    assert (data["storeName"], data["tags"], data["picContact"]) == ("New", ["java"], "08")
    assert (
        api().patch("/admin/stores/jkt", json={"pic_contact": None}).json["data"]["picContact"]
        is None
    )


@pytest.mark.parametrize(("change", "message"), [
    ({"store_name": ""}, "store_name must be 1-255 characters"),
    ({"store_name": None}, "store_name must be 1-255 characters"),
    ({"pic_contact": "x" * 256}, "pic_contact must be at most 255 characters"),
    ({"archived": "no"}, "archived must be true or false"),
    ({"archived": None}, "archived must be true or false"),
    ({"store_code": "other"}, "store_code cannot be changed"),
])  # fmt: skip
def test_it_refuses_bad_fields(change: dict[str, Any], message: str, api: Any) -> None:
    before = api().get("/admin/stores/jkt").json
    answer = api().patch("/admin/stores/jkt", json={"pic_name": "Kept out"} | change)
    assert (answer.status_code, answer.json) == (400, refusal("INVALID_REQUEST", message))
    assert api().get("/admin/stores/jkt").json == before


def test_it_archives_and_brings_back(database: str, db: Any, api: Any) -> None:
    add_days(add_connected("bdg"))
    answer = api().delete("/admin/stores/bdg")
    assert (answer.status_code, answer.json["success"]) == (200, True)
    assert answer.json["data"]["archivedAt"]
    for path in ("", "/user-stats", "/accounts"):
        assert api().get(f"/admin/stores/bdg{path}").json == GONE
        assert api().get(f"/admin/stores/bdg{path}?archived=true").status_code == 200
    assert api().get("/admin/stores").json["count"] == 1
    assert api().get("/admin/stores?archived=true").json["count"] == 2
    assert api().delete("/admin/stores/bdg").status_code == 404
    assert api().patch("/admin/stores/bdg", json={"pic_name": "x"}).status_code == 404
    assert api().patch("/admin/stores/bdg", json={"archived": False}).status_code == 200
    assert api().get("/admin/stores/bdg").json["data"]["connectionStatus"] == "CONNECTED"


def test_an_unknown_store_is_404(api: Any) -> None:
    for answer in (
        api().patch("/admin/stores/nobody", json={}),
        api().delete("/admin/stores/nobody"),
        api().post("/admin/stores/nobody/connect-link"),
        api().post("/admin/stores/nobody/disconnect"),
    ):
        assert (answer.status_code, answer.json) == (404, GONE)
