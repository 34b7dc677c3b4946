"""One-use links with which a person in charge connects one store: `/c/<token>`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update

from hub.access import settings
from hub.clock import now
from hub.crypto import digest, new_token
from hub.db import db
from hub.stores.models import ConnectLink, Store
from hub.users import audit


@dataclass(frozen=True)
class NewLink:
    """A link as it is shown once; only its digest is kept."""

    url: str
    expires_at: datetime


def make_link(store: Store, actor: str = "") -> NewLink:
    """A link for one store that lives `CONNECT_LINK_TTL_HOURS`. Committed."""
    token = new_token()
    expires_at = now() + timedelta(hours=settings().connect_link_ttl_hours)
    db.session.add(
        ConnectLink(
            token_digest=digest(token), store_id=store.id, created_by=actor, expires_at=expires_at
        )
    )
    audit.record("create_connect_link", subject=store.store_code)
    db.session.commit()
    return NewLink(f"{settings().public_url}/c/{token}", expires_at)


def find_link(token: str) -> tuple[ConnectLink, Store] | None:
    """A link that still opens, and its store. Used, revoked, expired and unknown look alike."""
    found = db.session.execute(
        select(ConnectLink, Store)
        .join(Store, Store.id == ConnectLink.store_id)
        .where(
            ConnectLink.token_digest == digest(token),
            ConnectLink.used_at.is_(None),
            ConnectLink.revoked_at.is_(None),
            ConnectLink.expires_at > now(),
            Store.archived_at.is_(None),
        )
    ).first()
    return (found[0], found[1]) if found else None


def open_link(link: ConnectLink) -> None:
    """Somebody pressed the button, inside the caller's transaction; the link stays open."""
    link.opened_at = link.opened_at or now()


def use_link(link_digest: str) -> bool:
    """Use a link up inside the caller's transaction; False when it does not open any more."""
    used = db.session.execute(
        update(ConnectLink)
        .where(
            ConnectLink.token_digest == link_digest,
            ConnectLink.used_at.is_(None),
            ConnectLink.revoked_at.is_(None),
        )
        .values(used_at=now())
    )
    return isinstance(used, CursorResult) and used.rowcount == 1


def revoke_links(store: Store) -> None:
    """Close the links of a store that nobody used, inside the caller's transaction."""
    db.session.execute(
        update(ConnectLink)
        .where(
            ConnectLink.store_id == store.id,
            ConnectLink.used_at.is_(None),
            ConnectLink.revoked_at.is_(None),
        )
        .values(revoked_at=now())
    )
