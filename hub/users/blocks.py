"""Failures of logins and keys: counted in the database, so blocks hold with Redis away.

`LOGIN_RATE_LIMIT` ("5/15 minutes") says how many failures an account or address may have in a
window that begins with the first of them; after that even the right word is refused.
"""

from functools import lru_cache
from math import ceil

from limits import RateLimitItem, parse
from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from hub.access import settings
from hub.clock import now
from hub.db import db, reading
from hub.users.models import Block

LONGEST = 320


@lru_cache(maxsize=8)
def rule_of(text: str) -> RateLimitItem | None:
    return None if text == "off" else parse(text)


def rule() -> RateLimitItem | None:
    """How many failures in how many seconds; None when switched off."""
    return rule_of(settings().login_rate_limit)


def blocked_seconds(*subjects: str) -> int:
    """How long one of the subjects is still blocked, 0 when none is. A short read, no write."""
    limit = rule()
    if limit is None:
        return 0
    names = [subject[:LONGEST] for subject in subjects]
    begins = now().timestamp() - limit.get_expiry()
    blocked = select(Block.since).where(
        Block.subject.in_(names), Block.failures >= limit.amount, Block.since > begins
    )
    with reading(), db.engine.connect() as connection:
        since = connection.execute(blocked).scalars().all()
    return ceil(max(since) - begins) if since else 0


def count_failure(*subjects: str) -> int:
    """Count one more failure of each subject in the caller's transaction.

    Seconds of the block when this one was beyond the limit, else 0: of 50 wrong tries at the same
    time exactly as many as allowed get through.
    """
    limit = rule()
    if limit is None:
        return 0
    present, window = now().timestamp(), limit.get_expiry()
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    over = case((Block.since <= present - window, True), else_=False)
    waits = []
    for subject in sorted({subject[:LONGEST] for subject in subjects}):  # one order: no deadlock
        row = db.session.execute(
            insert(Block)
            .values(subject=subject, failures=1, since=present)
            .on_conflict_do_update(
                index_elements=[Block.subject],
                set_={
                    "failures": case((over, 1), else_=Block.failures + 1),
                    "since": case((over, present), else_=Block.since),
                },
            )
            .returning(Block.failures, Block.since)
        ).one()
        if row.failures > limit.amount:
            waits.append(row.since + window - present)
    return ceil(max(waits)) if waits else 0


def forget_failures(*subjects: str) -> None:
    """The right word was given: earlier failures count no more (caller's transaction)."""
    db.session.execute(delete(Block).where(Block.subject.in_(subjects)))
