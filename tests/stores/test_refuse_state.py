"""What the callback refuses: tampered, replayed, expired and foreign states."""

import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from sqlalchemy import func, select

from hub.oauth import OAuthState, pack_state
from hub.stores.models import StoreAccount
from hub.users.models import Log
from tests.people import add_store
from tests.stores.world import agree

CODE = "store_jakarta_01"
BAD = "Error: Invalid state parameter (possible CSRF attack)"


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_store(CODE)
    add_store("other")
    db.session.commit()


def start(browser: Any) -> str:
    return str(browser.get(f"/connect/tiktok?store_code={CODE}").headers["Location"])


def assert_refused(page: Any, db: Any) -> None:
    assert page.status_code == 400
    assert BAD in page.text
    assert "Connection failed" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert db.session.scalar(select(StoreAccount)) is None


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


@pytest.mark.parametrize("change", [
    lambda state: "",
    lambda state: "nonsense",
    lambda state: state[:-1] + ("0" if state[-1] != "0" else "1"),
    lambda state: state.replace(CODE, "other"),
    lambda state: state.replace("_", "-"),
    lambda state: state + "\u0660",
    lambda state: pack_state("ef" * 32, CODE, "a" * 32),
    lambda state: pack_state("cd" * 32, CODE, "a" * 32),  # signed by us, never handed out
])  # fmt: skip
def test_a_tampered_state_is_refused(change: Any, sandbox: Any, as_: Any, db: Any) -> None:
    browser = as_(None)
    state = state_of(start(browser))
    page = browser.get(f"/auth/tiktok/callback?code=x&state={quote(change(state))}")
    assert_refused(page, db)
    assert sandbox.log("oauth/token") == []


def test_a_state_is_used_once(sandbox: Any, as_: Any, db: Any) -> None:
    browser = as_(None)
    back = agree(start(browser), CODE)
    assert browser.get(back).status_code == 200
    page = browser.get(back)
    assert page.status_code == 400
    assert BAD in page.text
    assert len(sandbox.log("oauth/token")) == 1


def test_a_refused_consent_uses_the_state_up(sandbox: Any, as_: Any, db: Any) -> None:
    browser = as_(None)
    address = start(browser)
    assert browser.get(agree(address, CODE, decision="refuse")).status_code == 400
    assert_refused(browser.get(agree(address, CODE)), db)


def test_a_state_ends(sandbox: Any, clock: Any, as_: Any, db: Any) -> None:
    browser = as_(None)
    state = state_of(start(browser))
    clock.shift(timedelta(seconds=601))
    assert_refused(browser.get(f"/auth/tiktok/callback?code=x&state={state}"), db)
    assert sandbox.log("oauth/token") == []


def test_another_browser_is_refused_and_its_own_goes_on(sandbox: Any, as_: Any, db: Any) -> None:
    browser, other = as_(None), as_(None)
    back = agree(start(browser), CODE)
    assert_refused(other.get(back), db)
    start(other)  # with a cookie of its own
    assert_refused(other.get(back), db)
    assert browser.get(back).status_code == 200


def test_the_cookie_is_httponly_and_lax(as_: Any) -> None:
    answer = as_(None).get(f"/connect/tiktok?store_code={CODE}")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie


class TestOverHttps:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"public_url": "https://hub.test"}

    def test_the_cookie_is_bound_to_the_host(self, as_: Any) -> None:
        answer = as_(None).get(f"/connect/tiktok?store_code={CODE}")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-connect=") and "Secure" in cookie


def test_two_tabs_of_one_browser_both_connect(sandbox: Any, as_: Any) -> None:
    browser = as_(None)
    first, second = start(browser), start(browser)
    assert browser.get(agree(first, CODE)).status_code == 200
    assert browser.get(agree(second, CODE)).status_code == 200


def test_their_words_are_text(sandbox: Any, as_: Any) -> None:
    state = state_of(start(browser := as_(None)))
    page = browser.get(
        f"/auth/tiktok/callback?state={state}&error=server_error"
        "&error_description=%3Cscript%3Ealert(1)%3C/script%3E"
    )
    assert page.status_code == 400
    assert "<script>alert" not in page.text
    assert "Error: &lt;script&gt;alert(1)" in page.text


def test_an_answer_without_code_or_error_is_refused(sandbox: Any, as_: Any) -> None:
    state = state_of(start(browser := as_(None)))
    page = browser.get(f"/auth/tiktok/callback?state={state}")
    assert (page.status_code, "Error: Missing authorization code" in page.text) == (400, True)


def test_of_six_parallel_callbacks_one_is_accepted(
    database: str, sandbox: Any, served: str, db: Any
) -> None:
    address = requests.get(f"{served}/auth/url?store_code={CODE}").json()["data"]["authUrl"]
    back = agree(address, CODE)
    answers: list[int] = []
    gate = threading.Barrier(6)

    def come_back() -> None:
        gate.wait()
        answers.append(requests.get(served + back).status_code)

    threads = [threading.Thread(target=come_back) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400, 400, 400]
    assert len(sandbox.log("oauth/token")) == 1
    assert db.session.scalar(select(func.count(StoreAccount.id))) == 1
    assert db.session.scalar(select(func.count(Log.id)).where(Log.action == "connect")) == 1
    db.session.rollback()


def test_states_that_are_over_are_forgotten(clock: Any, as_: Any, db: Any) -> None:
    start(as_(None))
    clock.shift(timedelta(days=2))
    start(as_(None))
    assert db.session.scalar(select(func.count(OAuthState.nonce))) == 1
