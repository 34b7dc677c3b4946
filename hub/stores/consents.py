"""The way to TikTok and back: states that are handed out, and their single acceptance.

A state is `<store_code>_<nonce>_<signature>`, lives `STATE_TTL_SECONDS`, and is accepted once,
by the browser that started it (CONTRACT §4, OAuth).
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import CursorResult, delete, or_, update

from hub.access import settings
from hub.clock import now
from hub.crypto import digest
from hub.db import db
from hub.errors import Invalid, Misconfigured, ProviderError
from hub.log import logger
from hub.oauth import BAD_STATE, OAuthState, new_nonce, pack_state, unpack_state
from hub.providers.tiktok import TikTok
from hub.stores.models import Store

PURPOSE = "store"
KEPT_FOR = timedelta(days=1)  # states that are over are forgotten after a day
NOT_SET_UP = "TikTok is not set up: TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET are missing"


@dataclass(frozen=True)
class Consent:
    """What an accepted state says: which store, by which link, on whose wish."""

    store_code: str
    link_digest: str
    actor: str


def tiktok() -> TikTok:
    """The application's TikTok client; raises `Misconfigured` without credentials."""
    if not settings().tiktok_ready:
        raise Misconfigured(NOT_SET_UP)
    client: TikTok = current_app.extensions.setdefault("tiktok", TikTok(settings()))
    return client


def start_consent(store: Store, *, browser: str = "", link: str = "", actor: str = "") -> str:
    """The address at TikTok where an owner agrees, with a fresh state. Committed.

    `browser` and `link` are the plain cookie and link token; only their digests are kept.
    """
    client, nonce = tiktok(), new_nonce()
    db.session.execute(delete(OAuthState).where(OAuthState.expires_at < now() - KEPT_FOR))
    db.session.add(
        OAuthState(
            nonce=nonce,
            purpose=PURPOSE,
            subject=store.store_code,
            browser_digest=digest(browser) if browser else "",
            link_digest=digest(link) if link else "",
            actor=actor,
            expires_at=now() + timedelta(seconds=settings().state_ttl_seconds),
        )
    )
    state = pack_state(settings().state_secret, store.store_code, nonce)
    db.session.commit()
    return client.authorize_url(state)


def accept_state(state: str, browser: str) -> Consent:
    """Use a state up, committed before anything else happens. Raises `Invalid`.

    One UPDATE decides, so of parallel callbacks with one state exactly one gets it. A state of
    another browser is refused and stays for its own.
    """
    code, nonce = unpack_state(settings().state_secret, state)
    mine = or_(OAuthState.browser_digest == "", OAuthState.browser_digest == digest(browser))
    used = db.session.execute(
        update(OAuthState)
        .where(
            OAuthState.nonce == nonce,
            OAuthState.purpose == PURPOSE,
            OAuthState.subject == code,
            OAuthState.used_at.is_(None),
            OAuthState.expires_at > now(),
            mine,
        )
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )
    accepted = isinstance(used, CursorResult) and used.rowcount == 1
    row = db.session.get(OAuthState, nonce) if accepted else None
    found = Consent(row.subject, row.link_digest, row.actor) if row else None
    db.session.commit()
    if found is None:
        raise Invalid(BAD_STATE)
    return found


def revoke(access: str | None) -> None:
    """Give access back at TikTok, after ours was forgotten. What it answers changes nothing."""
    if not access or not settings().tiktok_ready:
        return
    try:
        tiktok().revoke(access)
    except ProviderError as error:
        logger.warning("access was not revoked at TikTok", extra={"cause": error.cause})
