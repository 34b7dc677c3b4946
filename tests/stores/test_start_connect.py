"""GET /connect/tiktok and /auth/url: the way to TikTok."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from hub.oauth import OAuthState
from tests.people import add_store
from tests.stores.spec import AUTH_URL, assert_like, refusal
from tests.stores.world import ALL, agree

CODE = "store_jakarta_01"
START = f"/connect/tiktok?store_code={CODE}"


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_store(CODE, store_name="Store Jakarta Pusat")
    db.session.commit()


def test_the_address_is_the_specs(as_: Any) -> None:
    address = as_(None).get(START).headers["Location"]
    query = parse_qs(urlsplit(address).query)
    assert query["client_key"] == ["sandbox-client-key"]
    assert query["scope"] == [",".join(ALL)]
    assert query["response_type"] == ["code"]
    assert query["redirect_uri"] == ["http://localhost/auth/tiktok/callback"]
    code, nonce, signature = query["state"][0].rsplit("_", 2)
    assert code == CODE
    assert len(bytes.fromhex(nonce)) >= 16 and len(bytes.fromhex(signature)) == 32


def test_auth_url_answers_as_the_spec(sandbox: Any, api: Any, as_: Any) -> None:
    answer = api(None).get(f"/auth/url?store_code={CODE}")
    assert answer.status_code == 200
    assert_like(answer.json, AUTH_URL)
    back = agree(answer.json["data"]["authUrl"], CODE)
    assert "Successfully connected!" in as_(None).get(back).text  # not bound to a browser


def test_connect_answers_json_to_those_who_prefer_it(api: Any) -> None:
    answer = api(None).get(START, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert_like(answer.json, AUTH_URL)
    assert "connect_3000=" in answer.headers["Set-Cookie"]


def test_the_answer_page_has_no_language_switch(as_: Any) -> None:
    """It would open an address that answers once."""
    page = as_(None).get("/auth/tiktok/callback?state=x&code=y")
    assert 'name="next"' not in page.text


@pytest.mark.parametrize(("query", "status", "code", "message"), [
    ("", 400, "INVALID_REQUEST", "store_code is required"),
    ("?store_code=", 400, "INVALID_REQUEST", "store_code is required"),
    ("?store_code=nobody", 404, "STORE_NOT_FOUND", "Store not found"),
])  # fmt: skip
@pytest.mark.parametrize("path", ["/auth/url", "/connect/tiktok"])
def test_json_refusals(
    path: str, query: str, status: int, code: str, message: str, api: Any
) -> None:
    answer = api(None).get(path + query, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (status, refusal(code, message))


@pytest.mark.parametrize(("query", "status", "words"), [
    ("", 200, 'name="store_code"'),
    ("?store_code=", 400, "Enter the code of your store."),
    ("?store_code=%20", 400, 'aria-invalid="true"'),
    ("?store_code=nobody", 404, "No store has this code."),
])  # fmt: skip
def test_without_a_code_the_page_asks(query: str, status: int, words: str, as_: Any) -> None:
    page = as_(None).get("/connect/tiktok" + query, headers={"Accept": "text/html"})
    assert page.status_code == status
    assert words in page.text
    assert 'action="/connect/tiktok"' in page.text


def test_an_archived_store_is_not_there(api: Any, as_: Any) -> None:
    api().delete(f"/admin/stores/{CODE}")
    assert as_(None).get(START).status_code == 404
    assert api(None).get(f"/auth/url?store_code={CODE}").status_code == 404


class TestWithoutCredentials:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"tiktok_client_key": "", "tiktok_client_secret": ""}

    def test_json_says_what_is_missing(self, api: Any, db: Any) -> None:
        answer = api(None).get(f"/auth/url?store_code={CODE}")
        assert (answer.status_code, answer.json["error"]["code"]) == (500, "SERVER_MISCONFIG")
        assert db.session.scalar(select(OAuthState)) is None

    def test_the_page_says_so(self, as_: Any) -> None:
        page = as_(None).get(START)
        assert page.status_code == 500
        assert "TikTok is not set up" in page.text


class TestLimited:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"oauth_rate_limit": "3/minute"}

    def test_the_three_addresses_share_one_limit(self, api: Any, as_: Any) -> None:
        stranger = api(None)
        answers = [
            stranger.get(f"/auth/url?store_code={CODE}"),
            as_(None).get(START),
            as_(None).get("/auth/tiktok/callback"),
            stranger.get(f"/auth/url?store_code={CODE}"),
            as_(None).get(START),
        ]
        assert [answer.status_code for answer in answers] == [200, 303, 400, 429, 429]
        assert answers[3].json["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        assert int(answers[3].headers["Retry-After"]) <= 60
        assert answers[0].headers["X-RateLimit-Remaining"] == "2"
