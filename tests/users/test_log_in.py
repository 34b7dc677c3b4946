"""POST /login: the right word opens, every other gets one answer; five failures block."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select

from hub.users.models import BrowserSession, Log
from hub.users.people import authenticate
from tests.people import ANA, BUDI, MIRA, OMAR, PASSWORD, SARI, Person, add_person, add_store

WRONG = "Email or password is not right."


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"login_rate_limit": "5/15 minutes", "trusted_proxies": "127.0.0.1"}


def log_in(
    browser: Any, email: str, password: str = PASSWORD, url: str = "/login", ip: str = "10.0.0.1"
) -> Any:
    words = {"email": email, "password": password}
    return browser.post(url, data=words, headers={"X-Forwarded-For": ip})


def test_it_shows_a_form(as_: Any) -> None:
    page = as_(None).get("/login")
    assert page.status_code == 200
    assert 'name="csrf_token"' in page.text
    assert 'name="email"' in page.text
    assert 'name="password"' in page.text


def test_it_opens_a_session_and_keeps_only_a_digest(as_: Any, db: Any) -> None:
    add_person(ANA)
    browser = as_(None)
    answer = log_in(browser, "ANA@hub.test ")
    assert (answer.status_code, answer.location) == (303, "/dashboard")
    with browser.session_transaction() as session:
        token = session["_user_id"]
    row = db.session.scalar(select(BrowserSession))
    assert token not in (row.token_digest, row.public_id)
    assert row.ip_address == "10.0.0.1"
    assert browser.get("/account").status_code == 200


def test_it_gives_a_new_session_each_time(as_: Any, db: Any) -> None:
    add_person(ANA)
    browser = as_(None)
    tokens = set()
    for _ in range(2):
        log_in(browser, ANA.email)
        with browser.session_transaction() as session:
            tokens.add(session["_user_id"])
        browser.post("/logout")
    assert len(tokens) == 2


def test_it_sets_a_cookie_scripts_cannot_read(as_: Any) -> None:
    add_person(ANA)
    cookie = log_in(as_(None), ANA.email).headers["Set-Cookie"]
    assert cookie.startswith("hub_3000=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("person", "home"),
    [
        (ANA, "/dashboard"),
        (OMAR, "/dashboard"),
        (SARI, "/dashboard/stores/JKT001"),
        (MIRA, "/account"),
        (Person("rani@hub.test", "store", "Rani", tags=("Bandung",)), "/dashboard/stores"),
    ],
)
def test_it_leads_home(app: Any, as_: Any, person: Person, home: str) -> None:
    for code in ("BDG003", "BDG004"):
        add_store(code, tags=["Bandung"])
    add_person(person)
    assert log_in(as_(None), person.email).location == home


def test_it_leads_to_the_page_that_was_asked_for(as_: Any) -> None:
    add_person(ANA)
    assert log_in(as_(None), ANA.email, url="/login?next=/account?x=1").location == "/account?x=1"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.test", "/\\evil.test", "https://evil.test/", "/\t/evil.test", "javascript:alert(1)",
     "account", "/no-such-page", "/logout", "/%0d%0aSet-Cookie:x"],
)  # fmt: skip
def test_it_never_leads_elsewhere(as_: Any, elsewhere: str) -> None:
    add_person(ANA)
    browser = as_(None)
    words = {"email": ANA.email, "password": PASSWORD, "next": elsewhere}
    assert browser.post("/login", data=words).location == "/dashboard"


def test_it_sends_home_who_is_logged_in(as_: Any) -> None:
    assert as_(SARI).get("/login").location == "/dashboard/stores/JKT001"


def test_it_answers_the_same_whatever_was_wrong(as_: Any, db: Any) -> None:
    add_person(ANA)
    add_person(BUDI).active = False
    add_person(MIRA).password_hash = ""
    pages = [
        log_in(as_(None), email, word, ip=f"10.0.1.{n}")
        for n, (email, word) in enumerate(
            [(ANA.email, "not this one"), ("nobody@hub.test", PASSWORD), (BUDI.email, PASSWORD),
             (MIRA.email, PASSWORD)]
        )
    ]  # fmt: skip
    assert {page.status_code for page in pages} == {401}
    assert all(page.text.count(WRONG) == 1 for page in pages)
    assert f'value="{ANA.email}"' in pages[0].text
    assert PASSWORD not in "".join(page.text for page in pages)


def test_an_account_that_does_not_exist_costs_the_same_work(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One verification of the same cost either way, so that time tells nobody who exists."""
    add_person(ANA)
    app.extensions["settings"].login_rate_limit = "off"
    real, costs = PasswordHasher.verify, []

    def verify(hasher: PasswordHasher, stored: str, password: str) -> bool:
        costs.append(extract_parameters(stored))
        return real(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    for email in (ANA.email, "x@hub.test"):
        assert authenticate(email, "wrong", "10.0.0.9") is None
    assert len(costs) == 2
    assert costs[0] == costs[1]


def test_it_asks_again_when_a_field_is_empty(as_: Any) -> None:
    page = log_in(as_(None), "", "")
    assert page.status_code == 422
    assert page.text.count('aria-invalid="true"') == 2
    assert 'aria-describedby="e-email"' in page.text
    assert 'id="e-email"' in page.text


def test_it_blocks_an_account_after_five_failures(as_: Any, clock: Any) -> None:
    add_person(ANA)
    tries = [log_in(as_(None), ANA.email, "wrong", ip=f"10.0.2.{n}") for n in range(6)]
    right = log_in(as_(None), ANA.email, ip="10.0.2.99")
    assert [page.status_code for page in tries] == [401] * 5 + [429]
    assert right.status_code == 429
    assert 0 < int(right.headers["Retry-After"]) <= 900
    clock.shift(timedelta(minutes=15, seconds=1))
    assert log_in(as_(None), ANA.email).status_code == 303


def test_it_blocks_an_address_after_five_failures(as_: Any) -> None:
    add_person(ANA)
    for n in range(5):
        log_in(as_(None), f"guess{n}@hub.test", "wrong", ip="10.0.3.1")
    assert log_in(as_(None), ANA.email, ip="10.0.3.1").status_code == 429
    assert log_in(as_(None), ANA.email, ip="10.0.3.2").status_code == 303


def test_it_blocks_an_account_that_does_not_exist_in_the_same_way(as_: Any) -> None:
    tries = [log_in(as_(None), "nobody@hub.test", "x", ip=f"10.0.4.{n}") for n in range(6)]
    assert [page.status_code for page in tries] == [401] * 5 + [429]


def test_it_forgets_failures_of_who_gets_in(as_: Any) -> None:
    add_person(ANA)
    for n in range(4):
        log_in(as_(None), ANA.email, "wrong", ip=f"10.0.5.{n}")
    log_in(as_(None), ANA.email, ip="10.0.5.9")
    again = [log_in(as_(None), ANA.email, "wrong", ip=f"10.0.6.{n}") for n in range(4)]
    assert {page.status_code for page in again} == {401}


def test_it_is_audited(as_: Any, db: Any) -> None:
    user = add_person(ANA)
    log_in(as_(None), ANA.email, "wrong")
    log_in(as_(None), ANA.email)
    rows = db.session.scalars(select(Log).order_by(Log.created_at)).all()
    assert [(row.action, row.status, row.subject) for row in rows] == [
        ("login_failed", "failure", ANA.email),
        ("login", "success", ANA.email),
    ]
    assert (rows[1].user_id, rows[1].actor, rows[1].ip_address) == (user.id, ANA.email, "10.0.0.1")
    assert rows[0].request_id
    assert rows[0].actor == "anonymous"
