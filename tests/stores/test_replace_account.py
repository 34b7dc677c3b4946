"""Another TikTok account for a store that is connected: asked first, the present one stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.stores.accounts import account_of
from hub.stores.models import PendingAccount
from hub.stores.sealing import open_pair
from hub.users.models import Log
from tests.people import add_store
from tests.stores.world import agree

CODE = "jkt"
START = f"/connect/tiktok?store_code={CODE}"


@pytest.fixture
def question(sandbox: Any, app: Any, db: Any, as_: Any) -> tuple[Any, str]:
    """A store connected to one account, and the page that asks about another."""
    add_store(CODE)
    add_store("other")
    db.session.commit()
    browser = as_(None)
    assert browser.get(agree(browser.get(START).headers["Location"], "first")).status_code == 200
    answer = browser.get(agree(browser.get(START).headers["Location"], "second"))
    assert answer.status_code == 303
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return browser, answer.headers["Location"]


def test_it_asks_and_the_old_one_stays(question: tuple[Any, str], sandbox: Any) -> None:
    browser, address = question
    before = account_of(CODE).account_identifier
    page = browser.get(address)
    assert page.status_code == 200
    assert f"Replace the TikTok account of Toko {CODE}?" in page.text
    assert 'name="csrf_token"' in page.text
    account = account_of(CODE)
    assert (account.account_identifier, account.status) == (before, "CONNECTED")
    assert "act." not in page.text


def test_yes_replaces_and_gives_the_old_access_back(
    question: tuple[Any, str], sandbox: Any, db: Any
) -> None:
    browser, address = question
    before = account_of(CODE)
    row, identifier, access = before.id, before.account_identifier, open_pair(before)[0]
    sandbox.reset()
    page = browser.post(address, data={"decision": "replace"})
    assert page.status_code == 200
    assert "Successfully connected!" in page.text
    account = account_of(CODE)
    assert account.id == row
    assert account.account_identifier != identifier
    assert open_pair(account)[0] not in (None, access)
    assert [call["status"] for call in sandbox.log("oauth/revoke")] == [200]
    assert db.session.scalar(select(func.count(PendingAccount.id))) == 0
    assert browser.post(address, data={"decision": "replace"}).status_code == 404


def test_no_keeps_and_gives_the_new_access_back(
    question: tuple[Any, str], sandbox: Any, db: Any
) -> None:
    browser, address = question
    before = open_pair(account_of(CODE))
    page = browser.post(address, data={"decision": "keep"})
    assert page.status_code == 200
    assert "The present account stays" in page.text
    assert open_pair(account_of(CODE)) == before
    assert [call["status"] for call in sandbox.log("oauth/revoke")] == [200]
    assert browser.get(address).status_code == 404


def test_the_question_ends(question: tuple[Any, str], db: Any) -> None:
    browser, address = question
    db.session.scalar(select(PendingAccount)).expires_at -= timedelta(hours=2)
    assert browser.get(address).status_code == 404
    assert browser.post(address, data={"decision": "replace"}).status_code == 404


@pytest.mark.parametrize(("form", "status"), [({}, 400), ({"decision": "maybe"}, 400)])
def test_it_needs_a_decision(form: dict[str, str], status: int, question: tuple[Any, str]) -> None:
    browser, address = question
    assert browser.post(address, data=form).status_code == status
    assert browser.get(address).status_code == 200


def test_it_needs_the_forms_token(question: tuple[Any, str]) -> None:
    browser, address = question
    answer = browser.post(address, data={"decision": "replace"}, csrf=False)
    assert answer.status_code == 403
    assert browser.get(address).status_code == 200


def test_the_same_account_again_needs_no_question(question: tuple[Any, str], db: Any) -> None:
    browser, _ = question
    page = browser.get(agree(browser.get(START).headers["Location"], "first"))
    assert "Successfully connected!" in page.text
    assert db.session.scalar(select(func.count(Log.id)).where(Log.action == "connect")) == 2


def test_an_account_that_another_store_got_meanwhile_is_refused(
    question: tuple[Any, str], as_: Any
) -> None:
    browser, address = question
    other = as_(None)
    start = other.get("/connect/tiktok?store_code=other").headers["Location"]
    assert other.get(agree(start, "second")).status_code == 200
    page = browser.post(address, data={"decision": "replace"})
    assert page.status_code == 400
    assert "already connected to another store" in page.text
