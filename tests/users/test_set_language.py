"""POST /language: keeps the page, with and without a login."""

from typing import Any

import pytest

from tests.people import ANA, add_person


def test_it_keeps_the_page_and_sets_a_cookie(as_: Any) -> None:
    browser = as_(None)
    answer = browser.post("/language", data={"lang": "id", "next": "/login?next=/account"})
    assert (answer.status_code, answer.location) == (303, "/login?next=/account")
    assert '<html lang="id">' in browser.get("/login").text


def test_it_is_kept_with_the_account(as_: Any) -> None:
    as_(ANA).post("/language", data={"lang": "id", "next": "/account"})
    assert add_person(ANA).locale == "id"
    assert '<html lang="id">' in as_(ANA).get("/account").text


@pytest.mark.parametrize("elsewhere", ["//evil.test", "https://evil.test", "/\\evil.test", ""])
def test_it_never_leads_elsewhere(as_: Any, elsewhere: str) -> None:
    answer = as_(None).post("/language", data={"lang": "id", "next": elsewhere})
    assert answer.location == "/"


def test_it_ignores_a_language_nobody_speaks_here(as_: Any) -> None:
    browser = as_(ANA)
    answer = browser.post("/language", data={"lang": "fr", "next": "/account"})
    assert answer.location == "/account"
    assert "Set-Cookie" not in answer.headers or "lang=" not in answer.headers["Set-Cookie"]
    assert add_person(ANA).locale == "en"
