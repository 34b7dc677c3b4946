"""Whole pages, fragments, redirects, toasts, errors and the headers of every answer."""

import json

import pytest
from flask.testing import FlaskClient

from tests.browser.gallery import gallery

HX = {"HX-Request": "true"}


@pytest.fixture
def client() -> FlaskClient:
    app = gallery("ops")
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def test_it_gives_htmx_the_block_that_the_page_contains(client: FlaskClient) -> None:
    page, block = client.get("/stores"), client.get("/stores", headers=HX)
    assert block.text.strip().startswith('<section id="rows"')
    assert block.text.strip() in page.text
    assert "HX-Request" in page.headers["Vary"]
    assert "HX-Request" in block.headers["Vary"]


@pytest.mark.parametrize("more", ["HX-Boosted", "HX-History-Restore-Request"])
def test_it_gives_the_whole_page_to_boosted_and_restored(client: FlaskClient, more: str) -> None:
    assert client.get("/stores", headers={**HX, more: "true"}).text.startswith("<!doctype html>")


def test_it_redirects_a_form_with_303_and_shows_the_toast_there(client: FlaskClient) -> None:
    good = {"brand_name": "Kopi", "date": "27 11 2026", "platform": "tiktok", "type": "shoot"}
    answer = client.post("/form", data=good)
    assert (answer.status_code, answer.location) == (303, "/form")
    assert "Entry saved" in client.get("/form").text
    assert "Entry saved" not in client.get("/form").text


def test_it_redirects_htmx_by_header(client: FlaskClient) -> None:
    good = {"brand_name": "Kopi", "date": "27 11 2026", "platform": "tiktok", "type": "shoot"}
    answer = client.post("/form", data=good, headers=HX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/form")
    assert "HX-Trigger" not in answer.headers
    assert "Entry saved" in client.get("/form").text


def test_it_refuses_a_form_with_422_and_ties_the_message_to_the_field(client: FlaskClient) -> None:
    answer = client.post("/form", data={"campaign_name": "<b>Panen</b>"})
    assert answer.status_code == 422
    assert 'aria-describedby="h-date e-date"' in answer.text
    assert "&lt;b&gt;Panen&lt;/b&gt;" in answer.text


def test_it_sends_a_toast_to_htmx_in_plain_ascii(client: FlaskClient) -> None:
    note = json.loads(client.post("/act", headers=HX).headers["HX-Trigger"])["toast"]["items"][0]
    assert note["message"] == "Sync of 13 stores started"
    assert note["link"] == ["See run", "/"]


def test_it_answers_a_failed_fragment_without_touching_the_page(client: FlaskClient) -> None:
    answer = client.get("/refuse", headers=HX)
    assert (answer.status_code, answer.text, answer.headers["HX-Reswap"]) == (503, "", "none")
    assert answer.headers["Retry-After"] == "5"


def test_it_shows_an_error_as_a_page_in_both_languages(client: FlaskClient) -> None:
    assert "There is nothing at this address" in client.get("/nothing").text
    page = client.get("/nothing", headers={"Accept-Language": "id-ID,id;q=0.9"}).text
    assert "Tidak ada halaman di alamat ini" in page
    assert '<html lang="id">' in page


def test_it_prefers_the_cookie_to_the_browser_language(client: FlaskClient) -> None:
    client.set_cookie("lang", "id")
    assert '<html lang="id">' in client.get("/form", headers={"Accept-Language": "en"}).text


def test_it_ignores_a_language_it_does_not_speak(client: FlaskClient) -> None:
    client.set_cookie("lang", "xx")
    assert '<html lang="en">' in client.get("/form?lang=../etc").text


def test_it_sends_the_security_headers(client: FlaskClient) -> None:
    headers = client.get("/form").headers
    assert "script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_it_lets_files_be_kept_only_under_an_address_of_their_content(client: FlaskClient) -> None:
    vendored = client.get("/static/vendor/htmx.org@2.0.11/htmx.min.js").headers
    assert "immutable" in vendored["Cache-Control"]
    assert "immutable" in client.get("/static/css/base.css?v=1").headers["Cache-Control"]
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"
    assert "css/base.css?v=" in client.get("/form").text


def test_it_writes_no_inline_style_or_script(client: FlaskClient) -> None:
    for address in ("/stores", "/form", "/nothing"):
        page = client.get(address).text
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count("src=") + page.count("application/json")
