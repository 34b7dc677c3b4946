"""Keys of `/admin/*`: ADMIN_API_KEY and named keys, of which only a digest is kept."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import or_, select, update

from hub.access import settings
from hub.clock import now
from hub.crypto import digest, new_token, same
from hub.db import db, reading
from hub.errors import Conflict, Invalid, NotFound
from hub.users.audit import record
from hub.users.models import ApiKey

ROOT = "root key"
USED_EVERY = timedelta(minutes=1)


class Found(NamedTuple):
    """A key that opens: its name, and its id where a use is to be noted (once a minute)."""

    name: str
    note: str | None


def find_key(given: str) -> Found | None:
    """Whose key this is. Reads on a connection of its own and writes nothing."""
    if same(settings().admin_api_key, given):
        return Found(ROOT, None)
    wanted = select(ApiKey.id, ApiKey.name, ApiKey.last_used_at).where(
        ApiKey.key_digest == digest(given), ApiKey.revoked_at.is_(None)
    )
    with reading(), db.engine.connect() as connection:
        row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    stale = row.last_used_at is None or row.last_used_at < now() - USED_EVERY
    return Found(row.name, row.id if stale else None)


def mark_used(key_id: str) -> None:
    """Note the use of a key, after its answer has been sent."""
    with db.engine.begin() as connection:
        connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now()))


def create_key(name: str) -> tuple[ApiKey, str]:
    """A new named key and its text, which is shown once."""
    name = name.strip()
    if not 1 <= len(name) <= 100 or name == ROOT:
        raise Invalid(f"a key needs a name of 1 to 100 characters other than '{ROOT}'")
    taken = select(ApiKey.id).where(ApiKey.name == name, ApiKey.revoked_at.is_(None))
    if db.session.scalar(taken):
        raise Conflict(f"there is already a key named {name}; revoke it first or choose another")
    text = new_token()
    row = ApiKey(name=name, key_digest=digest(text))
    db.session.add(row)
    db.session.flush()
    record("create_key", subject=name)
    return row, text


def list_keys() -> list[ApiKey]:
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.created_at)))


def revoke_key(name_or_id: str) -> ApiKey:
    """The key opens nothing from now on."""
    wanted = or_(ApiKey.id == name_or_id, ApiKey.name == name_or_id)
    row = db.session.scalar(select(ApiKey).where(wanted, ApiKey.revoked_at.is_(None)))
    if row is None:
        raise NotFound(f"there is no working key {name_or_id}")
    row.revoked_at = now()
    record("revoke_key", subject=row.name)
    return row
