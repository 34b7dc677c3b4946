"""POST /webhooks/tiktok."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.clock import now
from hub.stores.accounts import account_of, disable
from hub.stores.models import ProviderEvent
from tests.installation import SETTINGS
from tests.people import add_store
from tests.stores.spec import refusal
from tests.stores.world import add_connected, agree

SECRET = str(SETTINGS["tiktok_client_secret"])


def removed(reason: Any = 1, **more: Any) -> bytes:
    event = {
        "client_key": "sandbox-client-key",
        "event": "authorization.removed",
        "create_time": int(time.time()),
        "user_openid": "open-jkt",
        "content": json.dumps({"reason": reason}),
    }
    return json.dumps(event | more).encode()


def signed(body: bytes, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
    at = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"TikTok-Signature": f"t={at},s={mac}", "Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_connected("jkt")
    account_of("jkt").connected_at = now() - timedelta(days=1)
    db.session.commit()


def send(api: Any, body: bytes, headers: dict[str, str] | None = None) -> Any:
    headers = signed(body) if headers is None else headers
    return api(None).post("/webhooks/tiktok", data=body, headers=headers)


@pytest.mark.parametrize(("reason", "cause"), [
    (0, "authorization_removed"), (1, "removed_by_owner"), (2, "account_deleted"),
    (3, "age_changed"), (4, "account_banned"), (5, "app_revoked"), (9, "authorization_removed"),
    ("x", "authorization_removed"), (True, "removed_by_owner"),
])  # fmt: skip
def test_it_says_why_access_ended(reason: Any, cause: str, api: Any) -> None:
    assert send(api, removed(reason)).status_code == 200
    account = account_of("jkt")
    assert (account.status, account.cause) == ("NEED_RECONNECT", cause)


def test_doubles_are_ignored(database: str, api: Any, db: Any) -> None:
    body = removed()
    assert send(api, body).status_code == 200
    account_of("jkt").status = "CONNECTED"
    assert send(api, body).status_code == 200
    assert account_of("jkt").status == "CONNECTED"
    assert db.session.scalar(select(func.count()).select_from(ProviderEvent)) == 1


def test_an_event_from_before_the_last_connect_changes_nothing(api: Any, db: Any) -> None:
    body = removed(create_time=int(time.time()) - 3600)
    account_of("jkt").connected_at = now() - timedelta(minutes=30)
    assert send(api, body).status_code == 200
    assert account_of("jkt").status == "CONNECTED"


def test_switched_off_stays_so(api: Any) -> None:
    disable("jkt")
    assert send(api, removed()).status_code == 200
    assert account_of("jkt").status == "DISABLED"


@pytest.mark.parametrize("body", [
    removed(event="video.publish.completed"), removed(user_openid="somebody"), b"{}",
    removed(content=None), removed(user_openid=None), removed(user_openid="a\x00b"),
])  # fmt: skip
def test_other_events_are_answered(body: bytes, api: Any) -> None:
    assert send(api, body).status_code == 200


def test_the_sandboxs_own_event_is_understood(sandbox: Any, served: str, as_: Any, db: Any) -> None:
    add_store("bdg")
    browser = as_(None)
    start = browser.get("/connect/tiktok?store_code=bdg").headers["Location"]
    assert browser.get(agree(start, "bdg")).status_code == 200
    time.sleep(1.1)  # events are dated in whole seconds
    told = {"url": f"{served}/webhooks/tiktok", "handle": "bdg", "reason": 4, "times": 2}
    answer = sandbox.post("/_world/webhook", **told)
    assert [sent["status"] for sent in answer["sent"]] == [200, 200]
    account = account_of("bdg")
    assert (account.status, account.cause) == ("NEED_RECONNECT", "account_banned")
    db.session.rollback()


@pytest.mark.parametrize("headers", [
    {}, {"TikTok-Signature": ""}, {"TikTok-Signature": "t=1,s=00"},
    signed(removed(), secret="another"), signed(b"another body"),
    signed(removed(), at=int(time.time()) - 301), signed(removed(), at=int(time.time()) + 400),
    signed(removed(), at=999999999999),
])  # fmt: skip
def test_a_bad_signature_is_refused(headers: dict[str, str], api: Any) -> None:
    answer = send(api, removed(), {"Content-Type": "application/json"} | headers)
    assert answer.status_code == 401
    assert answer.json == refusal("UNAUTHORIZED", "Missing or invalid signature")
    assert account_of("jkt").status == "CONNECTED"
