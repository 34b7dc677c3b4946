"""Adding, editing, archiving and bringing back a store on pages."""

import pytest
from sqlalchemy import select

from hub.db import db
from hub.stores.models import Store
from hub.users.models import Log
from tests.people import ANA, BUDI, OMAR, SARI, add_store

URL = "/dashboard/stores"
GOOD = {"store_code": "JKT-9", "store_name": "Batik Sekar", "pic_name": "Laila F.",
        "pic_contact": "0812 3456 7890", "tags": "Jawa, Batik,"}  # fmt: skip


def store(code: str) -> Store | None:
    return db.session.scalar(select(Store).where(Store.store_code == code))


def audit(action: str) -> list[str | None]:
    return list(db.session.scalars(select(Log.subject).where(Log.action == action)))


def test_it_adds_a_store(as_):
    answer = as_(OMAR).post(f"{URL}/new", data=GOOD)
    assert (answer.status_code, answer.location) == (303, f"{URL}/JKT-9")
    assert store("JKT-9").tags == ["Jawa", "Batik"]
    assert audit("create_store") == ["JKT-9"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("store_code", "a b", "Use 1 to 50 letters"),
        ("store_code", "", "Use 1 to 50 letters"),
        ("store_name", "  ", "Give the store a name"),
        ("pic_name", "x" * 256, "Name the person in charge"),
        ("pic_contact", "x" * 256, "Use at most 255 characters."),
        ("tags", "a|b", "Use at most 20 tags"),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(as_, field, value, words):
    answer = as_(ANA).post(f"{URL}/new", data=GOOD | {field: value})
    assert answer.status_code == 422 and words in answer.text
    assert f'aria-describedby="h-{field} e-{field}"' in answer.text or (
        f'aria-describedby="e-{field}"' in answer.text
    )
    assert 'value="Batik Sekar"' in answer.text or field == "store_name"
    assert store("JKT-9") is None


def test_it_refuses_a_code_that_is_taken_whatever_its_case(as_):
    add_store("jkt-9")
    answer = as_(ANA).post(f"{URL}/new", data=GOOD)
    assert answer.status_code == 422 and "already has this code" in answer.text


def test_it_changes_a_store(as_):
    add_store("JKT-9", pic_contact="old", tags=["x"])
    assert 'value="Toko JKT-9"' in as_(ANA).get(f"{URL}/JKT-9/edit").text
    answer = as_(ANA).post(f"{URL}/JKT-9/edit", data=GOOD | {"pic_contact": ""})
    assert answer.location == f"{URL}/JKT-9"
    changed = store("JKT-9")
    assert (changed.store_name, changed.pic_contact, changed.tags) == (
        "Batik Sekar", None, ["Jawa", "Batik"],
    )  # fmt: skip
    assert audit("update_store") == ["JKT-9"]


def test_it_keeps_what_was_typed_when_a_change_is_wrong(as_):
    add_store("JKT-9")
    answer = as_(ANA).post(f"{URL}/JKT-9/edit", data=GOOD | {"store_name": ""})
    assert answer.status_code == 422 and 'value="Laila F."' in answer.text
    assert store("JKT-9").store_name == "Toko JKT-9"


def test_it_asks_before_it_archives_and_can_bring_back(as_):
    add_store("JKT-9")
    browser = as_(OMAR)
    question = browser.get(f"{URL}/JKT-9/archive").text
    assert "Stays:" in question and store("JKT-9").archived_at is None
    answer = browser.post(f"{URL}/JKT-9/archive")
    assert answer.location == URL and store("JKT-9").archived_at is not None
    assert f"{URL}/JKT-9/restore" in browser.get(URL).text  # the toast's undo
    assert browser.get(f"{URL}/JKT-9").status_code == 404
    assert browser.post(f"{URL}/JKT-9/restore").location == f"{URL}/JKT-9"
    assert store("JKT-9").archived_at is None
    assert audit("archive_store") == audit("restore_store") == ["JKT-9"]


@pytest.mark.parametrize(
    "path",
    ["new", *(f"JKT001/{verb}" for verb in
              ("edit", "archive", "restore", "disconnect", "disable", "enable"))],
)  # fmt: skip
def test_it_is_for_staff_only(as_, path):
    add_store("JKT001")
    assert as_(SARI).post(f"{URL}/{path}", data=GOOD).status_code == 403
    assert as_(BUDI).post(f"{URL}/{path}", data=GOOD).status_code == 403
    assert as_(None).post(f"{URL}/{path}", data=GOOD).status_code in (303, 403)
    assert store("JKT001").store_name == "Toko JKT001"


def test_it_refuses_a_form_without_its_token(as_):
    add_store("JKT-9")
    assert as_(ANA).post(f"{URL}/JKT-9/archive", csrf=False).status_code == 403
    assert store("JKT-9").archived_at is None
