"""Accounts: making them, logging in, passwords, switching off, and which stores a person sees."""

import re
from collections.abc import Sequence
from math import ceil
from urllib.parse import quote

from sqlalchemy import ColumnElement, exists, false, func, or_, select, true

from hub.crypto import check_password, hash_password
from hub.db import db, reading
from hub.errors import Conflict, Invalid, NotFound, TooMany
from hub.stores.models import Store
from hub.text import _, duration
from hub.users.audit import record
from hub.users.blocks import blocked_seconds, count_failure, forget_failures
from hub.users.models import ROLES, User, UserStore
from hub.users.passwords import problem_with
from hub.users.sessions import end_sessions

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def clean_email(text: str) -> str:
    """The address as it is kept: trimmed, in small letters; `Invalid` when it is none."""
    email = text.strip().lower()
    if not EMAIL.fullmatch(email):
        raise Invalid(f"{text!r} is not an email address", field="email")
    return email


def find_user(email: str) -> User:
    """The account with this address; `NotFound`."""
    wanted = select(User).where(func.lower(User.email) == email.strip().lower())
    user: User | None = db.session.scalar(wanted)
    if user is None:
        raise NotFound(f"there is no account {email}")
    return user


def create_user(
    email: str,
    role: str,
    *,
    name: str = "",
    stores: Sequence[str] = (),
    tags: Sequence[str] = (),
    password: str | None = None,
) -> User:
    """A new account. Without a password it waits for its invite link (`invites.make_invite`).

    `stores` are store codes, `tags` show every store that carries one; both only with role store.
    """
    email = clean_email(email)
    if role not in ROLES:
        raise Invalid(f"the role must be one of {', '.join(ROLES)}", field="role")
    if (stores or tags) and role != "store":
        raise Invalid("stores and tags belong to the role store", field="role")
    if db.session.scalar(select(User.id).where(func.lower(User.email) == email)):
        raise Conflict(f"there is already an account {email}", field="email")
    user = User(email=email, role=role, display_name=name, store_tags=[*tags])
    if password is not None:
        user.password_hash = hash_password(good_password(password, email))
    db.session.add(user)
    db.session.flush()
    db.session.add_all(UserStore(user_id=user.id, store_id=row) for row in store_ids(stores))
    db.session.flush()
    record("create_user", subject=email, after={"role": role, "stores": stores, "tags": tags})
    return user


def store_ids(codes: Sequence[str]) -> list[int]:
    ids = {}
    for code in codes:
        wanted = select(Store.id).where(func.lower(Store.store_code) == code.lower())
        found = db.session.scalar(wanted)
        if found is None:
            raise NotFound(f"there is no store {code}", code="STORE_NOT_FOUND", field="store")
        ids[found] = code
    return list(ids)


def good_password(password: str, email: str) -> str:
    if problem := problem_with(password, email):
        raise Invalid(problem, field="password")
    return password


def account(email: str) -> str:
    """The subject under which an account's failures are counted, whether or not it exists."""
    return f"account:{email.strip().lower()}"


def refuse_blocked(subjects: tuple[str, ...]) -> None:
    raise_too_many(blocked_seconds(*subjects))


def raise_too_many(seconds: int) -> None:
    """`TooMany` for that long, in words; nothing for 0."""
    if seconds:
        span = duration(ceil(seconds / 60) * 60)
        message = _("Too many wrong tries. This works again in %(span)s.", span=span)
        raise TooMany(message, retry_after=seconds)


def authenticate(email: str, password: str, address: str) -> User | None:
    """The account when email and password are right and it is not switched off.

    None otherwise, whatever was wrong and after the same time. Raises `TooMany` while account
    or address is blocked. The password is checked outside any transaction: it takes long.
    """
    subjects = (account(email), f"login:{address}")
    refuse_blocked(subjects)
    wanted = select(User.id, User.password_hash, User.active.label("active")).where(
        func.lower(User.email) == email.strip().lower()
    )
    with reading(), db.engine.connect() as connection:
        row = connection.execute(wanted).one_or_none()
    db.session.rollback()  # no write lock is held meanwhile
    usable = row is not None and row.active and row.password_hash
    if not check_password(row.password_hash if row and usable else None, password):
        refuse_login(subjects, email)
        return None
    forget_failures(subjects[0])
    return db.session.get(User, row.id) if row else None


def refuse_login(subjects: tuple[str, ...], email: str) -> None:
    """Count and keep a failed login; `TooMany` when it was beyond the limit."""
    beyond = count_failure(*subjects)
    record("login_failed", "failure", subject=email.strip().lower(), by="anonymous")
    db.session.commit()
    raise_too_many(beyond)


def ask_password(email: str, address: str) -> None:
    """Somebody forgot a password; asking too often is refused like failed logins."""
    subjects = (f"forgot:{email.strip().lower()}", f"forgot:{address}")
    refuse_blocked(subjects)
    raise_too_many(count_failure(*subjects))
    record("ask_password", subject=email.strip().lower())


def change_password(user: User, current: str, password: str, address: str) -> None:
    """Set a new password and end every session; `Invalid` (field) when the old one is wrong."""
    subjects = (account(user.email), f"login:{address}")
    refuse_blocked(subjects)
    if not check_password(user.password_hash or None, current):
        beyond = count_failure(*subjects)
        record("change_password", "failure", subject=user.email)
        db.session.commit()
        raise_too_many(beyond)
        raise Invalid(_("This is not your present password."), field="current_password")
    set_password(user, password)
    record("change_password", subject=user.email)


def set_password(user: User, password: str) -> None:
    """A new password ends every session and every block of the account."""
    user.password_hash = hash_password(good_password(password, user.email))
    end_sessions(user)
    forget_failures(account(user.email))


def disable_user(user: User) -> None:
    """Switch an account off: its sessions end at once."""
    user.active = False
    end_sessions(user)
    record("disable_user", subject=user.email)


def enable_user(user: User) -> None:
    user.active = True
    record("enable_user", subject=user.email)


def visible_stores(user: User) -> ColumnElement[bool]:
    """A condition on `stores`: admin and ops see all, a person in charge only their own.

    Archived stores are not left out here. Use: `select(Store).where(visible_stores(user), …)`;
    whatever it leaves out answers 404.
    """
    if user.role in ("admin", "ops"):
        return true()
    if user.role != "store":
        return false()
    own = Store.id.in_(select(UserStore.store_id).where(UserStore.user_id == user.id))
    return or_(own, has_any_tag(user.store_tags)) if user.store_tags else own


def has_any_tag(tags: Sequence[str]) -> ColumnElement[bool]:
    """Stores that carry one of the tags, on either database."""
    if db.engine.dialect.name == "sqlite":
        each = func.json_each(Store.tags).table_valued("value")
    else:
        each = func.jsonb_array_elements_text(Store.tags).table_valued("value")
    carried = select(1).select_from(each).where(each.c.value.in_([*tags])).correlate(Store)
    return exists(carried)


def home_of(user: User) -> str:
    """Where a login leads to: the overview, the own store or their list, one's account."""
    if user.role in ("admin", "ops"):
        return "/dashboard"
    if user.role != "store":
        return "/account"
    mine = select(Store.store_code).where(visible_stores(user), Store.archived_at.is_(None))
    codes = db.session.scalars(mine.limit(2)).all()
    return (
        f"/dashboard/stores/{quote(codes[0], safe='')}" if len(codes) == 1 else "/dashboard/stores"
    )


def list_users() -> list[User]:
    return list(db.session.scalars(select(User).order_by(User.created_at, User.email)))
