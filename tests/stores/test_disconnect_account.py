"""POST /admin/stores/<store_code>/disconnect."""

from typing import Any

from sqlalchemy import func, select

from hub.stores.accounts import account_of, disable, enable
from hub.sync.models import UserDaily
from hub.users.models import Log
from tests.people import add_store
from tests.stores.spec import refusal
from tests.stores.world import add_connected, add_days, agree

URL = "/admin/stores/jkt/disconnect"


def test_it_forgets_the_tokens_and_keeps_the_numbers(database: str, api: Any, db: Any) -> None:
    add_days(add_connected("jkt"))
    answer = api().post(URL)
    assert answer.status_code == 200
    assert answer.json["data"]["connectionStatus"] == "NOT_CONNECTED"
    account = account_of("jkt")
    assert account.encrypted_access_token is None
    assert account.encrypted_refresh_token is None
    assert api().get("/admin/stores/jkt/accounts").json["data"][0]["hasValidToken"] is False
    assert db.session.scalar(select(func.count(UserDaily.id))) == 3
    assert db.session.scalar(select(Log.subject).where(Log.action == "disconnect")) == "jkt"


def test_it_revokes_at_tiktok(sandbox: Any, as_: Any, api: Any, db: Any) -> None:
    add_store("jkt")
    browser = as_(None)
    browser.get(agree(browser.get("/connect/tiktok?store_code=jkt").headers["Location"], "jkt"))
    assert api().post(URL).status_code == 200
    assert [call["status"] for call in sandbox.log("oauth/revoke")] == [200]


def test_a_failing_provider_does_not_keep_it(sandbox: Any, api: Any, app: Any) -> None:
    add_connected("jkt")
    sandbox.post("/_faults", fault="500", endpoint="oauth/revoke", times=0)
    assert api().post(URL).json["data"]["connectionStatus"] == "NOT_CONNECTED"


def test_without_an_account_there_is_nothing_to_disconnect(api: Any, db: Any) -> None:
    add_store("jkt")
    answer = api().post(URL)
    assert answer.status_code == 400
    said = refusal("INVALID_REQUEST", "This store has no connected TikTok account")
    assert answer.json == said


def test_it_can_be_connected_again_to_any_account(
    sandbox: Any, as_: Any, api: Any, db: Any
) -> None:
    add_connected("jkt")
    row = account_of("jkt").id
    api().post(URL)
    browser = as_(None)
    start = browser.get("/connect/tiktok?store_code=jkt").headers["Location"]
    assert "Successfully connected!" in browser.get(agree(start, "another")).text
    assert account_of("jkt").id == row


def test_switching_off_and_on_keeps_the_tokens(api: Any, app: Any) -> None:
    add_connected("jkt")
    disable("jkt")
    assert api().get("/admin/stores/jkt").json["data"]["connectionStatus"] == "DISABLED"
    enable("jkt")
    line = api().get("/admin/stores/jkt").json["data"]
    assert (line["connectionStatus"], line["cause"]) == ("CONNECTED", None)
