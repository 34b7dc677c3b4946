import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.app import create_app
from sandbox.settings import Settings

SCOPES = "user.info.basic,user.info.stats,video.list"
QUERY = {
    "client_key": "sandbox-client-key",
    "scope": SCOPES,
    "response_type": "code",
    "redirect_uri": "http://localhost:3000/auth/callback",
    "state": "store_jakarta_01_ab12_cd34",
}


def address(**changes):
    query = {name: value for name, value in {**QUERY, **changes}.items() if value is not None}
    return f"/v2/auth/authorize/?{urlencode(query)}"


def agree(sandbox, form=None, **changes):
    """The query that comes back to the app."""
    form = {"handle": "store_jakarta_01", "decision": "agree", **(form or {})}
    answer = sandbox.web.post(address(**changes), data=form)
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def test_it_shows_a_page_that_proposes_the_store_of_the_state(sandbox):
    answer = sandbox.web.get(address())
    assert answer.status_code == 200
    assert 'value="store_jakarta_01"' in answer.text
    for scope in SCOPES.split(","):
        assert f'value="{scope}"' in answer.text


def test_it_needs_no_script_and_no_inline_style(sandbox):
    answer = sandbox.web.get(address())
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert sandbox.web.get("/static/consent.css").status_code == 200


def test_it_escapes_what_came_in_the_address(sandbox):
    answer = sandbox.web.post(address(), data={"handle": '"><b>', "decision": "agree"})
    assert answer.status_code == 422
    assert "<b>" not in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_it_comes_back_with_code_scopes_and_state(sandbox):
    back = agree(sandbox)
    assert back["scopes"] == SCOPES
    assert back["state"] == QUERY["state"]
    assert "*" in back["code"]
    assert "!" in back["code"]


def test_it_encodes_the_special_characters_of_the_code(sandbox):
    form = {"handle": "a", "decision": "agree"}
    location = sandbox.web.post(address(), data=form).location
    assert "%2A" in location
    assert "%21" in location


def test_it_grants_only_what_was_ticked(sandbox):
    ticked = {"scopes": ["user.info.basic", "video.list"]}
    assert agree(sandbox, ticked)["scopes"] == "user.info.basic,video.list"
    assert agree(sandbox, {"scopes": ["video.list"]})["scopes"] == "user.info.basic,video.list"
    assert agree(sandbox, {"scopes": ["user.info.profile"]})["scopes"] == "user.info.basic"


def test_it_says_access_denied_when_the_person_refuses(sandbox):
    back = agree(sandbox, {"decision": "refuse"})
    assert back["error"] == "access_denied"
    assert back["state"] == QUERY["state"]
    assert "code" not in back


def test_it_knows_no_missing_account(sandbox):
    form = {"handle": "toko-missing", "decision": "agree"}
    answer = sandbox.web.post(address(), data=form)
    assert answer.status_code == 422
    assert "no account" in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_key": "wrong"},
        {"client_key": None},
        {"redirect_uri": "https://elsewhere.example/cb"},
        {"redirect_uri": None},
        {"redirect_uri": "javascript:alert(1)"},
        {"scope": "user.info.basic,user.money"},
        {"scope": "video.list"},
        {"scope": None},
        {"code_challenge": "short"},
        {"code_challenge": "0" * 64, "code_challenge_method": "plain"},
    ],
)
def test_it_shows_an_error_page_and_sends_nobody_back(sandbox, changes):
    form = {"handle": "a", "decision": "agree"}
    for answer in (
        sandbox.web.get(address(**changes)),
        sandbox.web.post(address(**changes), data=form),
    ):
        assert answer.status_code == 400
        assert "Something went wrong" in answer.text
        assert "Location" not in answer.headers


def test_it_sends_a_wrong_response_type_back(sandbox):
    answer = sandbox.web.get(address(response_type="token"))
    assert "error=unsupported_response_type" in answer.location


def test_it_returns_only_to_registered_addresses_when_there_is_a_list():
    registered = "https://hub.example/auth/callback"
    web = create_app(Settings(redirect_uris=(registered,))).test_client()
    assert web.get(address(redirect_uri=registered)).status_code == 200
    assert web.get(address()).status_code == 400
