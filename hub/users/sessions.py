"""Browser sessions as rows: what makes a logged-in browser, how long it lasts, how it ends.

The browser holds a random token, the row only its digest. Idle 8 h, at most 7 days
(reliability-security.md §8).
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update

from hub.clock import now
from hub.crypto import digest, new_token
from hub.db import db
from hub.errors import NotFound
from hub.users.models import BrowserSession, User

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)


def start_session(user: User, agent: str = "", address: str = "") -> str:
    """A new session of an account; its token, which only the browser keeps."""
    token = new_token()
    db.session.add(
        BrowserSession(
            token_digest=digest(token), user_id=user.id, agent=agent[:255], ip_address=address[:50]
        )
    )
    user.last_login_at = now()
    db.session.flush()
    return token


def alive(at: datetime) -> ColumnElement[bool]:
    return and_(
        BrowserSession.ended_at.is_(None),
        BrowserSession.seen_at > at - IDLE,
        BrowserSession.created_at > at - LONGEST,
    )


def find_session(token: str) -> tuple[BrowserSession, User] | None:
    """The session of a token with its account, or None when it ended, ran out or is disabled."""
    found = db.session.execute(
        select(BrowserSession, User)
        .join(User, User.id == BrowserSession.user_id)
        .where(BrowserSession.token_digest == digest(token), alive(now()), User.active)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def list_sessions(user: User) -> list[BrowserSession]:
    """The account's living sessions, the latest first."""
    mine = select(BrowserSession).where(BrowserSession.user_id == user.id, alive(now()))
    return list(db.session.scalars(mine.order_by(BrowserSession.seen_at.desc())))


def end_sessions(user: User, but: BrowserSession | None = None) -> int:
    """End every session of the account (except `but`); how many ended."""
    living = and_(BrowserSession.user_id == user.id, BrowserSession.ended_at.is_(None))
    if but is not None:
        living = and_(living, BrowserSession.token_digest != but.token_digest)
    end = update(BrowserSession).where(living).values(ended_at=now())
    return len(db.session.scalars(end.returning(BrowserSession.public_id)).all())


def end_session(user: User, public_id: str) -> BrowserSession:
    """End one session of this account; `NotFound` for anybody else's."""
    found = db.session.scalar(
        select(BrowserSession).where(
            BrowserSession.public_id == public_id,
            BrowserSession.user_id == user.id,
            BrowserSession.ended_at.is_(None),
        )
    )
    if found is None:
        raise NotFound("Resource not found")
    found.ended_at = now()
    return found


def mark_seen(token_digest: str) -> None:
    """Note that a browser is in use. Called when its answer has been sent, in a transaction of
    its own: the request itself writes nothing."""
    seen = update(BrowserSession).where(
        BrowserSession.token_digest == token_digest,
        BrowserSession.seen_at < now() - SEEN_EVERY,
    )
    with db.engine.begin() as connection:
        connection.execute(seen.values(seen_at=now()))


BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
            ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


def browser_word(agent: str) -> str:
    """ "Chrome, Android": what people know their browser by; "" when it does not say."""
    words = (
        next((word for part, word in names if part in agent), "") for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(word for word in words if word)
