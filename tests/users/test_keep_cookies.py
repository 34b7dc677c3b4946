"""Cookies behind https: `__Host-`, Secure, for this host only."""

from typing import Any

import pytest

from tests.people import ANA, PASSWORD, add_person


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"public_url": "https://hub.test"}


def test_it_keeps_the_session_in_a_host_cookie(as_: Any) -> None:
    add_person(ANA)
    browser, https = as_(None), "https://hub.test"
    words = {"email": ANA.email, "password": PASSWORD}
    page = browser.get("/login", base_url=https).text
    words["csrf_token"] = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.post(
        "/login", data=words, csrf=False, base_url=https, headers={"Origin": https}
    )
    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303
    assert cookie.startswith("__Host-hub=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
