"""Every POST of a page needs its session's token and must come from our own pages."""

from datetime import timedelta
from typing import Any

import pytest

from hub.access import access
from hub.api import success
from tests.people import ANA, PASSWORD, add_person

WORDS = {"email": ANA.email, "password": PASSWORD}


def test_it_refuses_a_form_without_a_token(as_: Any) -> None:
    add_person(ANA)
    assert as_(None).post("/login", data=WORDS, csrf=False).status_code == 403
    assert as_(ANA).post("/logout", csrf=False).status_code == 403


def test_it_refuses_another_browsers_token(as_: Any) -> None:
    add_person(ANA)
    thief = as_(None)
    thief.get("/login")
    words = WORDS | {"csrf_token": as_(None).token()}
    assert thief.post("/login", data=words, csrf=False).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.test", "http://localhost.evil.test", "null"])
def test_it_refuses_a_foreign_origin(as_: Any, origin: str) -> None:
    add_person(ANA)
    answer = as_(None).post("/login", data=WORDS, headers={"Origin": origin})
    assert answer.status_code == 403


def test_it_takes_its_own_origin(as_: Any) -> None:
    add_person(ANA)
    answer = as_(None).post("/login", data=WORDS, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303


def test_it_takes_the_token_in_a_header(as_: Any) -> None:
    browser = as_(ANA)
    token = browser.token()
    answer = browser.post("/logout", csrf=False, headers={"X-CSRFToken": token})
    assert answer.status_code == 303


def test_it_does_not_run_out_while_a_form_stays_open(as_: Any, clock: Any) -> None:
    add_person(ANA)
    browser = as_(None)
    words = WORDS | {"csrf_token": browser.token()}
    clock.shift(timedelta(days=3))
    assert browser.post("/login", data=words, csrf=False).status_code == 303


def test_it_leaves_json_to_the_keys(app: Any, api: Any) -> None:
    view: Any = access("admin")(lambda: success({}))
    app.add_url_rule("/admin/door", "admin_door", view, methods=["POST"])
    answer = api().post("/admin/door", json={}, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("site", "status"), [("same-origin", 401), ("cross-site", 403), ("", 403)])
def test_it_tells_whose_page_sent_no_referrer(as_: Any, site: str, status: int) -> None:
    """Pages with a token in their address say `Origin: null` to us, as strangers' pages can."""
    headers = {"Origin": "null"} | ({"Sec-Fetch-Site": site} if site else {})
    assert as_(None).post("/login", data=WORDS, headers=headers).status_code == status
