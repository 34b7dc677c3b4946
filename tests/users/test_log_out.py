"""POST /logout ends the session at once, also for whoever kept the cookie."""

from typing import Any

from tests.people import ANA


def test_it_ends_the_session(as_: Any) -> None:
    browser = as_(ANA)
    with browser.session_transaction() as session:
        token = session["_user_id"]
    answer = browser.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/login")
    browser.keep(token)
    assert browser.get("/account").location.startswith("/login")


def test_it_takes_no_get(as_: Any) -> None:
    browser = as_(ANA)
    assert browser.get("/logout").status_code == 405
    assert browser.get("/account").status_code == 200


def test_it_leaves_her_other_browser_alone(as_: Any) -> None:
    one, other = as_(ANA), as_(ANA)
    one.post("/logout")
    assert other.get("/account").status_code == 200


def test_it_does_no_harm_to_strangers(as_: Any) -> None:
    assert as_(None).post("/logout").location == "/login"
