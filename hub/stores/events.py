"""What TikTok tells us by itself (providers.md A.8): signed, delivered at least once."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub.access import settings
from hub.clock import now
from hub.crypto import same, sign
from hub.db import db
from hub.errors import Unauthorized
from hub.log import logger
from hub.stores.accounts import mark_reconnect
from hub.stores.models import NOT_CONNECTED, ProviderEvent, StoreAccount
from hub.text import lazy_gettext
from hub.users import audit

WINDOW = timedelta(minutes=5)
SIGNATURE = re.compile(r"t=(\d{1,12}),s=([0-9a-f]{64})", re.ASCII)
BAD_SIGNATURE = "Missing or invalid signature"

# Their reason → our cause and its words.
REASONS: dict[int, tuple[str, Any]] = {
    0: ("authorization_removed", lazy_gettext("Access was taken back on TikTok")),
    1: ("removed_by_owner", lazy_gettext("The owner took the access back on TikTok")),
    2: ("account_deleted", lazy_gettext("The TikTok account was deleted")),
    3: ("age_changed", lazy_gettext("TikTok ended the access: the account’s age was changed")),
    4: ("account_banned", lazy_gettext("TikTok banned the account")),
    5: ("app_revoked", lazy_gettext("The TikTok app gave the access back")),
}


def check_signature(header: str, body: bytes) -> None:
    """`TikTok-Signature: t=<s>,s=<hex>` over `<t>.<raw body>`; raises `Unauthorized`."""
    found = SIGNATURE.fullmatch(header.strip())
    secret = settings().tiktok_client_secret
    if not found or not secret:
        raise Unauthorized(BAD_SIGNATURE)
    age = abs(now().timestamp() - int(found[1]))
    try:
        right = same(found[2], sign(secret, f"{found[1]}.{body.decode()}"))
    except UnicodeDecodeError:
        right = False
    if not right or age > WINDOW.total_seconds():
        raise Unauthorized(BAD_SIGNATURE)


def receive_event(body: bytes, event: dict[str, Any]) -> None:
    """Do what an event asks for, once however often it comes. Committed."""
    name = str(event.get("event", ""))[:80]
    db.session.add(ProviderEvent(body_digest=hashlib.sha256(body).hexdigest(), event=name))
    try:
        db.session.flush()
    except IntegrityError:  # delivered before
        db.session.rollback()
        return
    if name == "authorization.removed":
        remove_authorization(event)
    db.session.commit()


def remove_authorization(event: dict[str, Any]) -> None:
    """The account needs its owner again, unless it was connected anew since."""
    account = db.session.scalar(
        select(StoreAccount)
        .where(
            StoreAccount.platform == "tiktok",
            StoreAccount.account_identifier == str(event.get("user_openid", "")),
            StoreAccount.status != NOT_CONNECTED,
        )
        .with_for_update()
    )
    if account is None or connected_after(account, event.get("create_time")):
        return
    code = read_reason(event.get("content"))
    cause, _ = REASONS[code]
    mark_reconnect(account, cause, f"authorization.removed, reason {code}")
    audit.record(
        "remove_authorization", subject=account.store_code, message=cause, by="tiktok",
        platform="tiktok",
    )  # fmt: skip
    logger.warning("authorization removed", extra={"store": account.store_code, "cause": cause})


def connected_after(account: StoreAccount, seconds: Any) -> bool:
    """Whether the owner agreed again after the event (whole seconds) happened."""
    if not isinstance(seconds, int) or not 0 <= seconds < 10**11:
        return False
    happened = datetime.fromtimestamp(seconds, UTC) + timedelta(seconds=1)
    return account.connected_at is not None and account.connected_at >= happened


def read_reason(content: Any) -> int:
    """`reason` of the JSON text inside the event; 0 (unknown) for anything else."""
    try:
        inner = orjson.loads(content) if isinstance(content, str) else content
    except orjson.JSONDecodeError:
        inner = None
    reason = inner.get("reason") if isinstance(inner, dict) else None
    return reason if isinstance(reason, int) and reason in REASONS else 0
