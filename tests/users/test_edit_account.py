"""/account: language, time zone, password, and the browsers that are logged in."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.users.models import BrowserSession, Log
from tests.people import ANA, BUDI, MIRA, OMAR, PASSWORD, SARI, add_person

NEW = {"current_password": PASSWORD, "password": "kopi tubruk panas"}


@pytest.mark.parametrize("person", [ANA, OMAR, SARI, MIRA])
def test_it_opens_for_everyone(as_: Any, person: Any) -> None:
    page = as_(person).get("/account")
    assert page.status_code == 200
    assert person.email in page.text


def test_it_keeps_language_and_zone(as_: Any, db: Any) -> None:
    browser = as_(ANA)
    words = {"locale": "id", "timezone": "Asia/Makassar"}
    answer = browser.post("/account", data=words)
    assert (answer.status_code, answer.location) == (303, "/account")
    page = browser.get("/account").text
    assert '<html lang="id">' in page
    assert '<option selected value="Asia/Makassar">' in page
    user = add_person(ANA)
    assert (user.locale, user.timezone) == ("id", "Asia/Makassar")


@pytest.mark.parametrize("words", [{"locale": "fr"}, {"timezone": "Mars/Olympus"}])
def test_it_refuses_what_is_not_offered(as_: Any, words: dict[str, str]) -> None:
    good = {"locale": "en", "timezone": "UTC"}
    page = as_(ANA).post("/account", data=good | words)
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 1
    assert add_person(ANA).timezone == "Asia/Jakarta"


def test_it_takes_no_other_field(as_: Any) -> None:
    words = {"locale": "en", "timezone": "UTC", "role": "admin", "email": "x@hub.test"}
    as_(MIRA).post("/account", data=words)
    user = add_person(MIRA)
    assert (user.role, user.email) == ("influencer", MIRA.email)


def test_it_changes_the_password_and_logs_other_browsers_out(as_: Any) -> None:
    mine, other = as_(ANA), as_(ANA)
    with mine.session_transaction() as session:
        before = session["_user_id"]
    answer = mine.post("/account/password", data=NEW)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert mine.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    with mine.session_transaction() as session:
        assert session["_user_id"] != before
    old = {"email": ANA.email, "password": PASSWORD}
    assert as_(None).post("/login", data=old).status_code == 401
    assert as_(None).post("/login", data=old | {"password": NEW["password"]}).status_code == 303


def test_it_asks_for_the_present_password(as_: Any) -> None:
    browser = as_(ANA)
    page = browser.post("/account/password", data=NEW | {"current_password": "guess"})
    assert page.status_code == 422
    assert 'aria-describedby="e-current_password"' in page.text
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("password", ["short", "12345678", "ana@hub.test", "x" * 1001])
def test_it_refuses_a_weak_password(as_: Any, password: str) -> None:
    page = as_(ANA).post("/account/password", data=NEW | {"password": password})
    assert page.status_code == 422
    assert "e-password" in page.text


def test_it_takes_a_long_password_whole(as_: Any) -> None:
    long = "kelapa muda " * 8
    as_(ANA).post("/account/password", data=NEW | {"password": long})
    words = {"email": ANA.email, "password": long}
    assert as_(None).post("/login", data=words | {"password": long[:72]}).status_code == 401
    assert as_(None).post("/login", data=words).status_code == 303


def test_it_blocks_who_guesses_the_present_password(as_: Any, app: Any) -> None:
    app.extensions["settings"].login_rate_limit = "5/15 minutes"
    browser, words = as_(ANA), NEW | {"current_password": "guess"}
    seen = [browser.post("/account/password", data=words).status_code for _ in range(6)]
    assert seen == [422] * 5 + [429]


def test_it_lists_browsers_and_ends_one(as_: Any, db: Any, clock: Any) -> None:
    mine, other = as_(ANA), as_(ANA)
    page = mine.get("/account").text
    assert "Logged in on 2 browsers" in page
    assert page.count("This browser") == 1
    assert "Firefox, Windows" in page
    ids = db.session.scalars(
        select(BrowserSession.public_id).order_by(BrowserSession.created_at)
    ).all()
    assert mine.post(f"/account/sessions/{ids[1]}/end").location == "/account"
    assert other.get("/account").status_code == 303
    assert "Logged in on 1 browser" in mine.get("/account").text


def test_it_ends_its_own_browser_too(as_: Any, db: Any) -> None:
    mine = as_(ANA)
    own = db.session.scalar(select(BrowserSession.public_id))
    assert mine.post(f"/account/sessions/{own}/end").location == "/login"
    assert mine.get("/account").status_code == 303


def test_it_ends_all_others(as_: Any) -> None:
    mine, *others = (as_(ANA) for _ in range(3))
    assert mine.post("/account/sessions/end-others").location == "/account"
    assert {browser.get("/account").status_code for browser in others} == {303}
    assert mine.get("/account").status_code == 200


def test_budi_gets_404_for_saris_browser(as_: Any, db: Any) -> None:
    hers = as_(SARI)
    public_id = db.session.scalar(select(BrowserSession.public_id))
    answer = as_(BUDI).post(f"/account/sessions/{public_id}/end")
    assert answer.status_code == 404
    assert hers.get("/account").status_code == 200


def test_it_leaves_out_sessions_that_ran_out(as_: Any, clock: Any) -> None:
    as_(ANA)
    clock.shift(timedelta(hours=9))
    assert "Logged in on 1 browser<" in as_(ANA).get("/account").text


def test_it_is_audited_without_passwords(as_: Any, db: Any) -> None:
    as_(ANA).post("/account/password", data=NEW)
    rows = db.session.scalars(select(Log)).all()
    assert "change_password" in {row.action for row in rows}
    kept = " ".join(str(vars(row)) for row in rows)
    assert PASSWORD not in kept
    assert NEW["password"] not in kept
