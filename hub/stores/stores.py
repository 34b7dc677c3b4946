"""Making, changing and archiving stores. The JSON door and the pages use the same verbs."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hub.clock import now
from hub.db import db
from hub.errors import Conflict, Invalid, NotFound
from hub.stores.models import Store
from hub.users import audit
from hub.users.models import User
from hub.users.people import visible_stores

CODE = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)
CODE_RULE = "store_code must be 1-50 alphanumeric characters with underscores or hyphens"
TAGS_RULE = "tags must be a list of at most 20 texts of 1-50 characters without |"
NOT_FOUND = "Store not found"
EXISTS = "Store with this code already exists"


def check_code(value: Any) -> str:
    """A store code as the spec allows it."""
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise Invalid(CODE_RULE, field="store_code")
    return value


def is_text(value: Any) -> bool:
    """Text that both databases can store: no NUL, no half of a surrogate pair."""
    if not isinstance(value, str) or "\x00" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def check_name(value: Any, field: str) -> str:
    if not is_text(value) or not 1 <= len(value.strip()) <= 255:
        raise Invalid(f"{field} must be 1-255 characters", field=field)
    return str(value.strip())


def check_contact(value: Any) -> str | None:
    if value is None:
        return None
    if not is_text(value) or len(value.strip()) > 255:
        raise Invalid("pic_contact must be at most 255 characters", field="pic_contact")
    return value.strip() or None


def check_tags(value: Any) -> list[str]:
    """Tags without doubles, in the order given; `|` separates them in files."""
    good = isinstance(value, list) and all(
        is_text(tag) and 1 <= len(tag.strip()) <= 50 and "|" not in tag for tag in value
    )
    if not good or len(value) > 20:
        raise Invalid(TAGS_RULE, field="tags")
    return list(dict.fromkeys(tag.strip() for tag in value))


CHECKS: dict[str, Any] = {
    "store_code": check_code,
    "store_name": lambda value: check_name(value, "store_name"),
    "pic_name": lambda value: check_name(value, "pic_name"),
    "pic_contact": check_contact,
    "tags": check_tags,
}
REQUIRED = ("store_code", "store_name", "pic_name")


def read_store(given: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a new store, checked; raises `Invalid` with the field it is about."""
    wanted = {**dict.fromkeys(REQUIRED), **given}
    found = {name: check(wanted[name]) for name, check in CHECKS.items() if name in wanted}
    return {"pic_contact": None, "tags": [], **found}


def read_change(given: Mapping[str, Any]) -> dict[str, Any]:
    """Only the fields that are there, checked; `archived` is a truth value."""
    if not isinstance(given.get("archived", False), bool):
        raise Invalid("archived must be true or false", field="archived")
    found = {name: check(given[name]) for name, check in CHECKS.items() if name in given}
    return found | ({"archived": given["archived"]} if "archived" in given else {})


def find_store(code: str, *, archived: bool = False, lock: bool = False) -> Store:
    """The store of a code, whatever its case; archived ones only on request. Raises `NotFound`."""
    query = select(Store).where(func.lower(Store.store_code) == code.lower())
    store = db.session.scalar(query.with_for_update() if lock else query)
    if store is None or (store.archived_at is not None and not archived):
        raise NotFound(NOT_FOUND, code="STORE_NOT_FOUND")
    return store


def find_store_for(person: User, code: str) -> Store:
    """The same for somebody who is logged in: another's store is not there. Raises `NotFound`."""
    query = select(Store).where(
        func.lower(Store.store_code) == code.lower(),
        Store.archived_at.is_(None),
        visible_stores(person),
    )
    store = db.session.scalar(query)
    if store is None:
        raise NotFound(NOT_FOUND, code="STORE_NOT_FOUND")
    return store


def create_store(given: Mapping[str, Any]) -> str:
    """Store `given` (keys of the spec), committed, and return its code.

    Raises `Invalid`, or `Conflict` STORE_EXISTS.
    """
    fields = read_store(given)
    store = Store(**fields)
    same = func.lower(Store.store_code) == store.store_code.lower()
    if db.session.scalar(select(Store.id).where(same)) is not None:
        raise Conflict(EXISTS, code="STORE_EXISTS", field="store_code")
    db.session.add(store)
    try:
        db.session.flush()
    except IntegrityError:  # somebody else made it in the same moment
        db.session.rollback()
        raise Conflict(EXISTS, code="STORE_EXISTS", field="store_code") from None
    audit.record("create_store", subject=store.store_code, after=fields)
    db.session.commit()
    return str(fields["store_code"])


def change_store(code: str, given: Mapping[str, Any], *, archived: bool = False) -> str:
    """Change what `given` holds, committed; the store's code. `archived: false` brings it back."""
    wanted = read_change(given)
    store = find_store(code, archived=archived or wanted.get("archived") is False, lock=True)
    if wanted.pop("store_code", store.store_code) != store.store_code:
        raise Invalid("store_code cannot be changed", field="store_code")
    keep = wanted.pop("archived", None)
    changed = {name: value for name, value in wanted.items() if getattr(store, name) != value}
    if changed:
        before = {name: getattr(store, name) for name in changed}
        for name, value in changed.items():
            setattr(store, name, value)
        store.updated_at = now()
        audit.record("update_store", subject=store.store_code, before=before, after=changed)
    if keep is not None:
        set_archived(store, keep)
    code = store.store_code
    db.session.commit()
    return code


def archive_store(code: str) -> str:
    """Take a store out of lists and syncs; its history and its access stay. Committed."""
    return change_store(code, {"archived": True})


def set_archived(store: Store, archived: bool) -> None:
    if (store.archived_at is not None) == archived:
        return
    store.archived_at = now() if archived else None
    store.updated_at = now()
    audit.record("archive_store" if archived else "restore_store", subject=store.store_code)
