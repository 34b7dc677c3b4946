"""GET /connect/tiktok, /auth/url and /auth/tiktok/callback, with the sandbox over a socket."""

import threading
import time
from typing import Any

import pytest
from sqlalchemy import select

from hub.stores.accounts import account_of
from hub.stores.handover import connect_account
from hub.stores.models import StoreAccount
from hub.stores.sealing import open_pair
from hub.sync.models import SyncRun
from hub.users.models import Log
from tests.people import add_store
from tests.stores.world import ALL, agree, tokens

CODE = "store_jakarta_01"
START = f"/connect/tiktok?store_code={CODE}"


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_store(CODE, store_name="Store Jakarta Pusat")
    db.session.commit()


def connect(browser: Any, handle: str = CODE, **choice: Any) -> Any:
    start = browser.get(START)
    assert start.status_code == 303, start.text
    return browser.get(agree(start.headers["Location"], handle, **choice))


def test_it_connects_a_store(database: str, sandbox: Any, as_: Any, api: Any) -> None:
    done = connect(as_(None))
    assert done.status_code == 200
    for words in (
        "TikTok Connection Successful",
        "Successfully connected!",
        f"Your TikTok account has been connected to store: {CODE}",
        "You can close this window now.",
    ):
        assert words in done.text
    assert done.headers["Cache-Control"] == "no-store"
    assert done.headers["Referrer-Policy"] == "no-referrer"
    line = api().get(f"/admin/stores/{CODE}").json["data"]
    assert (line["connectionStatus"], line["cause"]) == ("CONNECTED", None)
    assert line["tokenExpiresAt"] and line["accountIdentifier"].startswith("-000")


def test_both_tokens_are_sealed_to_their_row(sandbox: Any, as_: Any, db: Any) -> None:
    connect(as_(None))
    account = account_of(CODE)
    access, refresh = open_pair(account)
    assert access.startswith("act.") and refresh.startswith("rft.")
    for sealed in (account.encrypted_access_token, account.encrypted_refresh_token):
        assert sealed.startswith("v1.") and "act." not in sealed and "rft." not in sealed
    assert account.scopes == ",".join(ALL)


def test_it_starts_the_first_sync_and_writes_the_trail(sandbox: Any, as_: Any, db: Any) -> None:
    connect(as_(None))
    run = db.session.scalar(select(SyncRun))
    assert (run.store_code, run.job, run.trigger) == (CODE, "all", "connect")
    log = db.session.scalar(select(Log).where(Log.action == "connect"))
    assert (log.subject, log.platform, log.status) == (CODE, "tiktok", "success")


def test_the_page_speaks_indonesian(sandbox: Any, as_: Any) -> None:
    browser = as_(None)
    back = agree(browser.get(START).headers["Location"], CODE)
    page = browser.get(back, headers={"Accept-Language": "id"})
    assert '<html lang="id">' in page.text


def test_missing_permissions_are_named_and_kept_out(sandbox: Any, as_: Any, api: Any) -> None:
    page = connect(as_(None), scopes=("user.info.basic", "user.info.stats"))
    assert "Successfully connected!" in page.text
    assert "videos and their numbers" in page.text
    account = api().get(f"/admin/stores/{CODE}/accounts").json["data"][0]
    assert account["hasValidToken"] is True
    assert account["missingScopes"] == ["video.list"]


def test_refusing_at_tiktok_changes_nothing(sandbox: Any, as_: Any, db: Any) -> None:
    page = connect(as_(None), decision="refuse")
    assert page.status_code == 400
    assert "Connection failed" in page.text
    assert "Error: Access was not allowed on TikTok" in page.text
    assert "Please try again or contact support." in page.text
    assert db.session.scalar(select(StoreAccount)) is None


@pytest.mark.parametrize(("fault", "words"), [
    ("500", "TikTok had an error of its own"),
    ("429", "TikTok had an error of its own"),
    ("garbage", "TikTok answered with something that cannot be read"),
    ("empty", "TikTok answered with something that cannot be read"),
    ("truncated", "TikTok answered with something that cannot be read"),
    ("html", "TikTok answered with something that cannot be read"),
    ("invalid_grant", "TikTok did not accept the answer"),
])  # fmt: skip
def test_a_failing_provider_changes_nothing(
    fault: str, words: str, sandbox: Any, as_: Any, db: Any
) -> None:
    sandbox.post("/_faults", fault=fault, endpoint="oauth/token", times=0)
    page = connect(as_(None))
    assert page.status_code == 400
    assert "Connection failed" in page.text and words in page.text
    assert db.session.scalar(select(StoreAccount)) is None


def test_no_transaction_is_open_while_tiktok_is_asked(
    sandbox: Any, as_: Any, api: Any, app: Any
) -> None:
    """SQLite has one writer: a slow TikTok must not hold up everybody else."""
    sandbox.post("/_faults", fault="slow", endpoint="oauth/token", seconds=2, times=1)
    browser = as_(None)
    back = agree(browser.get(START).headers["Location"], CODE)
    pages: list[Any] = []

    def come_back() -> None:
        with app.app_context():
            pages.append(browser.get(back))

    waiting = threading.Thread(target=come_back)
    waiting.start()
    time.sleep(0.7)
    began = time.monotonic()
    made = api().post("/admin/stores", json={"store_code": "x", "store_name": "x", "pic_name": "x"})
    took = time.monotonic() - began
    assert waiting.is_alive()
    waiting.join()
    assert (made.status_code, pages[0].status_code) == (201, 200)
    assert took < 1


def test_an_empty_refresh_token_does_not_overwrite(app: Any, db: Any) -> None:
    connect_account(CODE, tokens("open-1"))
    connect_account(CODE, tokens("open-1", access_token="act.new", refresh_token=""))
    assert open_pair(account_of(CODE)) == ("act.new", "rft.open-1")


def test_the_same_account_on_a_second_store_is_refused(
    database: str, sandbox: Any, as_: Any, db: Any, api: Any
) -> None:
    add_store("other")
    connect(as_(None))
    browser = as_(None)
    start = browser.get("/connect/tiktok?store_code=other")
    page = browser.get(agree(start.headers["Location"], CODE))
    assert page.status_code == 400
    assert "already connected to another store" in page.text
    assert api().get("/admin/stores/other").json["data"]["connectionStatus"] == "NOT_CONNECTED"
    assert api().get(f"/admin/stores/{CODE}").json["data"]["connectionStatus"] == "CONNECTED"


def test_an_archived_store_gives_its_account_back(
    sandbox: Any, as_: Any, db: Any, api: Any
) -> None:
    add_store("other")
    connect(as_(None))
    api().delete(f"/admin/stores/{CODE}")
    browser = as_(None)
    start = browser.get("/connect/tiktok?store_code=other")
    assert browser.get(agree(start.headers["Location"], CODE)).status_code == 200
    old = api().get(f"/admin/stores/{CODE}?archived=true").json["data"]
    assert old["connectionStatus"] == "NOT_CONNECTED"
