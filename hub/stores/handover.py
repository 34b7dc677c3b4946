"""What an owner hands over: the pair of a code is stored, or waits where it is another account.

No transaction is open while TikTok is asked.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select

from hub.access import settings
from hub.clock import now
from hub.crypto import digest, new_token
from hub.db import db
from hub.errors import HubError, Invalid, NotFound, ProviderError
from hub.log import logger
from hub.oauth import Tokens
from hub.providers.tiktok import TikTok, TikTokUser
from hub.stores.accounts import Connected, account_of, is_other, put_account, refuse_taken
from hub.stores.consents import Consent, tiktok
from hub.stores.links import use_link
from hub.stores.models import PendingAccount, Store, StoreAccount
from hub.stores.sealing import open_pair, seal_pair
from hub.stores.stores import find_store
from hub.stores.tokens import granted
from hub.sync.runs import start_store

PENDING_FOR = timedelta(hours=1)
LINK_USED = "This link was already used or is over"


@dataclass(frozen=True)
class Pending:
    """Another account for a connected store: it waits for a yes under this token."""

    token: str


def take_account(consent: Consent, code: str) -> Connected | Pending:
    """Exchange the code and store what came back; the first sync of a connected store starts.

    Raises `ProviderError`, and what `connect_account` raises. Nothing is changed then.
    """
    client = tiktok()
    db.session.commit()  # SQLite has one writer: nothing is open while TikTok is asked
    tokens = client.exchange_code(code)
    user = describe(client, tokens)
    done = connect_account(
        consent.store_code, tokens, user, link_digest=consent.link_digest, actor=consent.actor
    )
    if isinstance(done, Connected):
        start_first_sync(done.store_code, consent.actor)
    return done


def describe(client: TikTok, tokens: Tokens) -> TikTokUser | None:
    """Name and picture of the account, for people; connecting does not depend on it."""
    if "user.info.basic" not in tokens.scopes:
        return None
    try:
        return client.user_info(tokens.access_token, ["user.info.basic"])
    except ProviderError as error:
        logger.info("the account's name comes with its first sync", extra={"cause": error.cause})
        return None


def start_first_sync(store_code: str, actor: str) -> None:
    """`SYNC_ON_CONNECT`; a run that is already under way is good enough."""
    if not settings().sync_on_connect:
        return
    try:
        start_store(store_code, "all", "connect", actor)
    except HubError as error:
        db.session.rollback()
        logger.info("no first sync", extra={"store": store_code, "why": error.message})


def connect_account(
    store_code: str,
    tokens: Tokens,
    user: TikTokUser | None = None,
    *,
    link_digest: str = "",
    actor: str = "",
) -> Connected | Pending:
    """Store what an owner agreed to, committed. Another account than the present one waits.

    Raises `Conflict` when the TikTok account belongs to another store, `Invalid` when the link
    is used up, `NotFound` when the store went away meanwhile.
    """
    store = find_store(store_code, lock=True)
    if link_digest and not use_link(link_digest):
        raise Invalid(LINK_USED)
    refuse_taken(store, tokens.account_id)
    account = account_of(store.store_code, lock=True)
    if is_other(account, tokens.account_id):
        token = add_pending(store, tokens, actor)
        db.session.commit()
        return Pending(token)
    done = put_account(store, account, tokens, user, actor)
    db.session.commit()
    return done


def add_pending(store: Store, tokens: Tokens, actor: str) -> str:
    """Keep another account aside; the present one stays. Inside the caller's transaction."""
    token = new_token()
    over = (PendingAccount.store_code == store.store_code) | (PendingAccount.expires_at < now())
    db.session.execute(delete(PendingAccount).where(over))
    pending = PendingAccount(
        token_digest=digest(token),
        store_code=store.store_code,
        account_identifier=tokens.account_id,
        actor=actor,
        expires_at=now() + PENDING_FOR,
    )
    db.session.add(pending)
    db.session.flush()
    seal_pair(pending, tokens)
    return token


def find_pending(token: str) -> tuple[PendingAccount, Store, StoreAccount | None]:
    """What waits under a token. Raises `NotFound` when it is over or was answered."""
    found = db.session.execute(
        select(PendingAccount, Store)
        .join(Store, Store.store_code == PendingAccount.store_code)
        .where(PendingAccount.token_digest == digest(token), PendingAccount.expires_at > now())
    ).first()
    if found is None:
        raise NotFound("This question was answered or is over")
    pending, store = found
    return pending, store, account_of(store.store_code)


def replace_account(token: str) -> Connected:
    """Yes: the waiting account takes the place of the present one. Committed."""
    pending, _, _ = find_pending(token)
    store = find_store(pending.store_code, lock=True)
    refuse_taken(store, pending.account_identifier)
    access, refresh = open_pair(pending)
    tokens = Tokens(
        access_token=access or "",
        refresh_token=refresh or "",
        access_expires_at=pending.token_expires_at or now(),
        refresh_expires_at=pending.refresh_token_expires_at,
        account_id=pending.account_identifier,
        scopes=granted(pending.scopes),
    )
    account = account_of(store.store_code, lock=True)
    done = put_account(store, account, tokens, None, pending.actor)
    db.session.delete(pending)
    db.session.commit()
    return done


def drop_pending(token: str) -> tuple[str, str | None]:
    """No: the present account stays. The store's code, and the access to be revoked. Committed."""
    pending, store, _ = find_pending(token)
    code, access = store.store_code, open_pair(pending)[0]
    db.session.delete(pending)
    db.session.commit()
    return code, access
