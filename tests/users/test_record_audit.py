"""record(): who, what, from where; never a secret; in the caller's transaction."""

from typing import Any

import pytest
from flask import g
from sqlalchemy import select

from hub.access import access
from hub.api import success
from hub.users.audit import actor, record
from hub.users.models import Log
from tests.people import ANA


@pytest.fixture
def doors(app: Any, db: Any) -> Any:
    def note() -> Any:
        record("update_store", subject="JKT001", before={"pic_name": "A"}, after={"pic_name": "B"})
        db.session.commit()
        return success({"actor": actor(), "id": g.request_id})

    for path, level in (("/admin/note", "admin"), ("/note", "user"), ("/anyone", "public")):
        view: Any = access(level)(lambda: note())
        app.add_url_rule(path, path.replace("/", "_"), view, methods=["POST"])
    return app


def test_it_names_a_person(doors: Any, as_: Any, db: Any) -> None:
    said = as_(ANA).post("/note").json["data"]
    row = db.session.scalar(select(Log).where(Log.action == "update_store"))
    assert (row.actor, row.ip_address, row.subject) == (ANA.email, "127.0.0.1", "JKT001")
    assert row.request_payload == {"before": {"pic_name": "A"}, "after": {"pic_name": "B"}}
    assert (row.request_id, said["actor"]) == (said["id"], ANA.email)
    assert row.user_id


def test_it_names_a_key(doors: Any, api: Any, db: Any) -> None:
    api().post("/admin/note")
    row = db.session.scalar(select(Log))
    assert (row.actor, row.user_id) == ("root key", None)


def test_it_names_strangers_and_the_hub_itself(doors: Any, as_: Any, db: Any) -> None:
    assert as_(None).post("/anyone").json["data"]["actor"] == "anonymous"
    assert actor() == "hub"


def test_it_hides_secrets(app: Any, db: Any) -> None:
    words = {"access_token": "act.abcdefghij", "note": "see Bearer abcdefghij", "scope": "x"}
    record("connect", message="code=hunter2", after=words)
    db.session.commit()
    row = db.session.scalar(select(Log))
    assert row.request_payload["after"] == {
        "access_token": "[hidden]",
        "note": "see Bearer [hidden]",
        "scope": "x",
    }
    assert row.message == "code=[hidden]"


def test_it_goes_with_the_callers_transaction(app: Any, db: Any) -> None:
    record("connect", subject="JKT001")
    db.session.rollback()
    assert db.session.scalars(select(Log)).all() == []
