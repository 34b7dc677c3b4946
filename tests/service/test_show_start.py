"""GET /, /favicon.ico, /robots.txt."""

from typing import Any

import pytest

from tests.people import MIRA, OMAR

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9"])
def test_it_tells_scripts_what_there_is(accept: str, api: Any) -> None:
    answer = api(None).get("/", headers={"Accept": accept})
    assert answer.json["name"] == "TikTok Content Reporting Hub"
    assert (answer.json["version"], answer.json["documentation"]) == ("1.0.0", "/docs")
    ends = answer.json["endpoints"]
    assert ends["health"] == "GET /health"
    assert ends["connect"] == "GET /connect/tiktok?store_code=xxx"
    assert ends["admin"]
    assert "Accept" in answer.vary


def test_it_names_only_addresses_that_exist(api: Any, app: Any) -> None:
    ends = api(None).get("/").json["endpoints"]
    adapter = app.url_map.bind("localhost")
    for text in [*(end for end in ends.values() if isinstance(end, str)), *ends["admin"].values()]:
        method, path = text.split(" ")
        assert adapter.match(path.partition("?")[0], method), text


@pytest.mark.parametrize("accept", [BROWSER, "text/html"])
def test_it_shows_browsers_a_page(accept: str, as_: Any) -> None:
    answer = as_(None).get("/", headers={"Accept": accept})
    assert answer.mimetype == "text/html"
    assert "Accept" in answer.vary
    assert 'href="/login"' in answer.text
    assert "/connect/tiktok" in answer.text


def test_it_speaks_indonesian(as_: Any) -> None:
    asked = {"Accept": BROWSER, "Accept-Language": "id"}
    assert '<html lang="id">' in as_(None).get("/", headers=asked).text


@pytest.mark.parametrize("person", [OMAR, MIRA])
def test_it_leads_on_who_is_logged_in(person: Any, as_: Any) -> None:
    page = as_(person).get("/", headers={"Accept": BROWSER}).text
    assert 'href="/login"' not in page


def test_it_has_an_icon(api: Any) -> None:
    answer = api(None).get("/favicon.ico")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_it_keeps_robots_out_of_private_addresses(api: Any) -> None:
    text = api(None).get("/robots.txt").text
    assert "Disallow: /admin/" in text
    assert "Disallow: /p/" not in text
