"""TikTok accounts of stores: connecting, replacing, disconnecting, and why one stopped.

Each verb is one short transaction; the provider is called before or after it, never inside.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hub.access import settings
from hub.clock import iso, now
from hub.crypto import SealBroken
from hub.db import db
from hub.errors import Conflict, Invalid
from hub.oauth import Tokens
from hub.providers.tiktok import TikTokUser
from hub.stores.links import revoke_links
from hub.stores.models import (
    CONNECTED,
    DISABLED,
    NEED_RECONNECT,
    NOT_CONNECTED,
    Store,
    StoreAccount,
)
from hub.stores.sealing import open_pair, seal_pair
from hub.stores.stores import find_store
from hub.stores.tokens import granted, missing
from hub.users import audit

PLATFORM = "tiktok"
TAKEN = "This TikTok account is already connected to another store"


@dataclass(frozen=True)
class Connected:
    """A store that is connected now. `missing` are permissions of `TIKTOK_SCOPES` not granted."""

    store_code: str
    store_name: str
    account: str | None
    missing: tuple[str, ...]
    former_access: str | None = None  # access of another account that was replaced


def account_of(store_code: str, *, lock: bool = False) -> StoreAccount | None:
    query = select(StoreAccount).where(
        StoreAccount.store_code == store_code, StoreAccount.platform == PLATFORM
    )
    found: StoreAccount | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def list_accounts(store: Store) -> list[dict[str, Any]]:
    """The accounts of a store as spec 003 lists them; a disconnected one stays, without tokens."""
    found = db.session.scalars(
        select(StoreAccount).where(StoreAccount.store_code == store.store_code)
    )
    return [as_json(account) for account in found]


def as_json(account: StoreAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "storeCode": account.store_code,
        "platform": account.platform,
        "hasValidToken": has_valid_token(account),
        "accountIdentifier": account.account_identifier,
        "lastSyncAt": iso(account.last_sync_time),
        "createdAt": iso(account.created_at),
        "updatedAt": iso(account.updated_at),
        "status": account.status,
        "cause": account.cause,
        "displayName": account.display_name,
        "scopes": list(granted(account.scopes)),
        "missingScopes": missing(account.scopes, settings().scopes),
        "connectedAt": iso(account.connected_at),
        "reconnectBy": iso(account.refresh_token_expires_at),
    }


def is_other(account: StoreAccount | None, identifier: str) -> bool:
    """Whether a store that has an account would get another one."""
    return (
        account is not None
        and account.status != NOT_CONNECTED
        and account.account_identifier not in (None, identifier)
    )


def refuse_taken(store: Store, identifier: str) -> None:
    """One TikTok account reports one store; an archived store gives its account back."""
    query = select(StoreAccount, Store).join(Store, Store.store_code == StoreAccount.store_code)
    holder = db.session.execute(
        query.where(
            StoreAccount.platform == PLATFORM,
            StoreAccount.account_identifier == identifier,
            StoreAccount.status != NOT_CONNECTED,
            StoreAccount.store_code != store.store_code,
        )
    ).first()
    if holder is None:
        return
    account, other = holder
    if other.archived_at is None:
        raise Conflict(TAKEN)
    empty(account, NOT_CONNECTED)
    db.session.flush()


def put_account(
    store: Store,
    account: StoreAccount | None,
    tokens: Tokens,
    user: TikTokUser | None,
    actor: str,
) -> Connected:
    """Write the account row; the id must exist before anything is sealed to it."""
    former = None
    if is_other(account, tokens.account_id):
        former = open_access(account)
    if account is None:
        account = StoreAccount(store_code=store.store_code, platform=PLATFORM)
        db.session.add(account)
    keep = account.account_identifier == tokens.account_id
    if not keep:
        forget_person(account)
    account.account_identifier = tokens.account_id
    account.status = CONNECTED
    flush_or_refuse()
    seal_pair(account, tokens, keep_refresh=keep)
    settle(account, CONNECTED)
    account.connected_at, account.connected_by = now(), actor or None
    if user is not None:
        account.display_name, account.avatar_url = user.display_name, user.avatar_url
        account.username = user.username or account.username
    revoke_links(store)
    lacking = tuple(missing(account.scopes, settings().scopes))
    audit.record(
        "connect",
        subject=store.store_code,
        message=f"missing: {', '.join(lacking)}" if lacking else None,
        after={"account_identifier": tokens.account_id, "scopes": account.scopes},
        platform=PLATFORM,
        by=actor or None,
    )
    return Connected(store.store_code, store.store_name, account.display_name, lacking, former)


def flush_or_refuse() -> None:
    """The unique index decides between two stores that got one account in the same moment."""
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        raise Conflict(TAKEN) from None


def forget_person(account: StoreAccount) -> None:
    """Whatever belonged to the account that was here before."""
    account.encrypted_refresh_token = account.refresh_token_expires_at = None
    account.display_name = account.avatar_url = account.username = None


def settle(
    account: StoreAccount, status: str, cause: str | None = None, detail: str | None = None
) -> None:
    """A status with its cause; whoever refreshes right now must not overwrite what is new."""
    if account.status != status or status == CONNECTED or account.status_since is None:
        account.status_since = now()
    account.status, account.cause, account.cause_detail = status, cause, detail
    account.failed_nights, account.last_failed_day = 0, None
    account.refresh_fence = (account.refresh_fence or 0) + 1
    account.refresh_lease_until = None
    account.updated_at = now()


def empty(account: StoreAccount, status: str, cause: str | None = None) -> None:
    """Forget both tokens."""
    account.encrypted_access_token = account.encrypted_refresh_token = None
    account.token_expires_at = account.refresh_token_expires_at = None
    settle(account, status, cause)


def open_access(account: StoreAccount | None) -> str | None:
    """The plain access token, None where there is none or its key is gone."""
    try:
        return open_pair(account)[0] if account else None
    except SealBroken:
        return None


def has_valid_token(account: StoreAccount) -> bool:
    """Whether the account can be used: tokens there, status usable, refresh not over."""
    over = account.refresh_token_expires_at
    return (
        account.status not in (NEED_RECONNECT, DISABLED, NOT_CONNECTED)
        and bool(account.encrypted_access_token)
        and bool(account.encrypted_refresh_token)
        and (over is None or over > now())
    )


def disconnect(store_code: str) -> tuple[str, str | None]:
    """Forget the tokens of a store, committed.

    The store's code, and the access to be revoked: "" when it cannot be read, None when there was
    no account.
    """
    store = find_store(store_code, lock=True)
    code, account = store.store_code, account_of(store.store_code, lock=True)
    if account is None or account.status == NOT_CONNECTED:
        db.session.rollback()
        return code, None
    access = open_access(account)
    empty(account, NOT_CONNECTED)
    audit.record("disconnect", subject=code, platform=PLATFORM)
    db.session.commit()
    return code, access or ""


def mark_reconnect(account: StoreAccount, cause: str, detail: str | None = None) -> None:
    """The owner must agree again. Inside the caller's transaction; switched off stays so."""
    if account.status in (DISABLED, NOT_CONNECTED):
        return
    settle(account, NEED_RECONNECT, cause, detail)


def disable(store_code: str) -> None:
    """Switch a store's account off: no sync until it is switched on. Committed."""
    account = need_account(store_code)
    settle(account, DISABLED, "disabled")
    audit.record("disable_store", subject=store_code)
    db.session.commit()


def enable(store_code: str) -> None:
    """Switch it on again; without tokens its owner must agree anew. Committed."""
    account = need_account(store_code)
    if account.status == DISABLED:
        usable = bool(account.encrypted_refresh_token)
        settle(account, CONNECTED) if usable else settle(account, NEED_RECONNECT, "access_expired")
        audit.record("enable_store", subject=store_code)
    db.session.commit()


def need_account(store_code: str) -> StoreAccount:
    store = find_store(store_code, lock=True)
    account = account_of(store.store_code, lock=True)
    if account is None or account.status == NOT_CONNECTED:
        raise Invalid("This store has no connected TikTok account")
    return account
