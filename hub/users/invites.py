"""One-time links `/i/<token>` that set a password: for a new person, or a forgotten password."""

from datetime import timedelta

from sqlalchemy import and_, select, update

from hub.access import settings
from hub.clock import now
from hub.crypto import digest, new_token
from hub.db import db
from hub.errors import NotFound
from hub.users.audit import record
from hub.users.models import InviteLink, User
from hub.users.people import create_user, good_password, set_password

LIFE = {"invite": timedelta(days=7), "reset": timedelta(hours=24)}
FIRST_ADMIN = "admin@localhost"


def make_invite(user: User) -> str:
    """The address of a new link; earlier ones of this account open nothing any more."""
    purpose = "reset" if user.password_hash else "invite"
    open_links = and_(InviteLink.user_id == user.id, InviteLink.used_at.is_(None))
    db.session.execute(
        update(InviteLink).where(open_links, InviteLink.revoked_at.is_(None)).values(
            revoked_at=now()
        )
    )  # fmt: skip
    token = new_token()
    db.session.add(
        InviteLink(
            token_digest=digest(token),
            user_id=user.id,
            purpose=purpose,
            expires_at=now() + LIFE[purpose],
        )
    )
    db.session.flush()
    record("create_invite", subject=user.email, after={"purpose": purpose})
    return f"{settings().public_url}/i/{token}"


def find_invite(token: str) -> tuple[InviteLink, User]:
    """A link that works, with its account; one and the same `NotFound` for every other."""
    found = db.session.execute(
        select(InviteLink, User)
        .join(User, User.id == InviteLink.user_id)
        .where(
            InviteLink.token_digest == digest(token),
            InviteLink.used_at.is_(None),
            InviteLink.revoked_at.is_(None),
            InviteLink.expires_at > now(),
            User.active,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("")
    return found[0], found[1]


def accept_invite(token: str, password: str) -> User:
    """Use the link up and set the password. Of two at the same time one gets `NotFound`."""
    link, user = find_invite(token)
    good_password(password, user.email)
    free = and_(InviteLink.token_digest == link.token_digest, InviteLink.used_at.is_(None))
    use = update(InviteLink).where(free).values(used_at=now())
    if not db.session.scalars(use.returning(InviteLink.user_id)).all():
        raise NotFound("")
    set_password(user, password)
    record("accept_invite", subject=user.email, by=user.email, user_id=user.id)
    return user


def first_link() -> str | None:
    """The first admin's link while nobody else exists; None as soon as anybody does.

    Asked again before it was used, it gives a new link: the first may have scrolled away.
    """
    users = db.session.execute(select(User).limit(2)).scalars().all()
    if not users:
        return make_invite(create_user(FIRST_ADMIN, "admin"))
    alone = len(users) == 1 and users[0].email == FIRST_ADMIN and not users[0].password_hash
    return make_invite(users[0]) if alone else None
