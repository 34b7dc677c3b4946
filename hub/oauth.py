"""OAuth on our side: signed single-use states, and rows that hold an encrypted pair of tokens.

`TokenHolder` is what `store_accounts` and (later) `social_connections` share: the sealed pair,
its expiry, and the lease that lets one process refresh at a time. The wire code is the
provider's (`hub/providers/`).
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Float, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.clock import now
from hub.crypto import same, sign
from hub.db import Base, UTCDateTime
from hub.errors import Invalid

NONCE_CHARACTERS = 32
SIGNATURE_CHARACTERS = 64
BAD_STATE = "Invalid state parameter (possible CSRF attack)"


@dataclass(frozen=True)
class Tokens:
    """A pair as a provider gave it; instants are computed from its own `expires_in`."""

    access_token: str
    refresh_token: str
    access_expires_at: datetime
    refresh_expires_at: datetime | None
    account_id: str
    scopes: tuple[str, ...]


class TokenHolder:
    """Columns of a row that holds tokens. Both are sealed with the row's id and column."""

    encrypted_access_token: Mapped[str | None] = mapped_column(Text)
    encrypted_refresh_token: Mapped[str | None] = mapped_column(Text)
    token_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    refresh_token_expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    token_renewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    scopes: Mapped[str] = mapped_column(Text, default="")
    # Held while one process refreshes (database time). Still set after its end means that a
    # process died in between: the provider may have rotated a pair that was never stored.
    refresh_lease_until: Mapped[float | None] = mapped_column(Float)
    refresh_fence: Mapped[int] = mapped_column(Integer, default=0)


class OAuthState(Base):
    """A state that was handed out: single use, short life, bound to a browser when one started it.

    `subject` is what it connects (a store code); `browser_digest` is empty for `/auth/url`.
    """

    __tablename__ = "oauth_states"

    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(255))
    browser_digest: Mapped[str] = mapped_column(String(64), default="")
    link_digest: Mapped[str] = mapped_column(String(64), default="")
    actor: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def new_nonce() -> str:
    return secrets.token_hex(NONCE_CHARACTERS // 2)


def pack_state(secret: str, subject: str, nonce: str) -> str:
    """`<subject>_<nonce>_<signature>`, nonce and signature in hex (spec 003, /auth/url)."""
    return f"{subject}_{nonce}_{sign(secret, f'{subject}_{nonce}')}"


def unpack_state(secret: str, state: str) -> tuple[str, str]:
    """(subject, nonce), split from the right since codes hold underscores; raises `Invalid`."""
    parts = state.rsplit("_", 2)
    if len(parts) != 3 or not all(parts):
        raise Invalid(BAD_STATE)
    subject, nonce, signature = parts
    if not same(signature, sign(secret, f"{subject}_{nonce}")):
        raise Invalid(BAD_STATE)
    return subject, nonce


def ends_soon(
    moment: datetime | None, margin: timedelta, clock: Callable[[], datetime] = now
) -> bool:
    """Whether something that ends at `moment` is over within `margin`; unknown counts as over."""
    return moment is None or moment <= clock() + margin
