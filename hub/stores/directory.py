"""The list of stores: who is on it, in which order, with the newest numbers, in one query."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, true

from hub.clock import day_from, iso
from hub.db import db
from hub.errors import NotFound
from hub.stores.models import NOT_CONNECTED, Store, StoreAccount
from hub.stores.states import DueDays, due_days, is_in, state_of, status_of
from hub.stores.stores import NOT_FOUND
from hub.sync.models import StoreLatest
from hub.users.people import has_any_tag

ACCOUNT = (Store.store_code == StoreAccount.store_code) & (StoreAccount.platform == "tiktok")
SORTS: dict[str, ColumnElement[Any]] = {
    "store_code": func.lower(Store.store_code),
    "store_name": func.lower(Store.store_name),
    "status": status_of(),
    "last_sync": StoreAccount.last_sync_time.expression,
    "followers": StoreLatest.followers.expression,
    "views": StoreLatest.total_views.expression,
    "created_at": Store.created_at.expression,
}


@dataclass(frozen=True)
class Wish:
    """What is asked of the list; `limit` None is all, `visible` is what somebody may see."""

    q: str = ""
    status: str = ""
    tag: str = ""
    archived: bool = False
    sort: str = "store_code"
    order: str = "asc"
    limit: int | None = None
    offset: int = 0
    visible: ColumnElement[bool] | None = None


def rows(due: DueDays) -> Select[*tuple[Any, ...]]:
    """Everything that a line needs; columns carry the names `as_line` reads."""
    return (
        select(
            Store.id,
            Store.store_code,
            Store.store_name,
            Store.pic_name,
            Store.pic_contact,
            Store.tags,
            Store.created_at,
            Store.archived_at,
            status_of().label("status"),
            state_of(due).label("state"),
            StoreAccount.id.label("account_id"),
            StoreAccount.account_identifier,
            StoreAccount.display_name,
            StoreAccount.connected_at,
            StoreAccount.last_sync_time,
            StoreAccount.token_expires_at,
            StoreAccount.scopes,
            StoreAccount.cause,
            StoreAccount.status_since,
            StoreLatest.user_day,
            StoreLatest.video_day,
            StoreLatest.followers,
            StoreLatest.likes,
            StoreLatest.video_count,
            StoreLatest.tracked_videos,
            StoreLatest.total_views,
        )
        .outerjoin(StoreAccount, ACCOUNT)
        .outerjoin(StoreLatest, StoreLatest.store_id == Store.id)
    )


def conditions(wish: Wish, due: DueDays) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wish.visible is not None:
        found.append(wish.visible)
    if not wish.archived:
        found.append(Store.archived_at.is_(None))
    if wish.q:
        places = (Store.store_code, Store.store_name, Store.pic_name, Store.pic_contact)
        found.append(or_(*(place.icontains(wish.q, autoescape=True) for place in places)))
    if wish.status:
        found.append(is_in(wish.status, due))
    if wish.tag:
        found.append(has_any_tag([wish.tag]))
    return found


def list_stores(wish: Wish) -> tuple[list[Row[Any]], int]:
    """The lines of a wish and how many match in all; one query, two when it is paged."""
    due = due_days()
    where = conditions(wish, due)
    column = SORTS[wish.sort]
    way = column.desc() if wish.order == "desc" else column.asc()
    query = rows(due).where(*where).order_by(way.nulls_last(), func.lower(Store.store_code))
    if wish.limit is None and not wish.offset:
        found = list(db.session.execute(query))
        return found, len(found)
    counted = rows(due).with_only_columns(func.count(Store.id)).where(*where)
    page = query.offset(wish.offset)
    found = list(db.session.execute(page if wish.limit is None else page.limit(wish.limit)))
    return found, db.session.scalar(counted) or 0


def count_states(visible: ColumnElement[bool] | None = None) -> dict[str, int]:
    """How many stores are in each state (words of `states.WORDS`), archived ones left out."""
    due = due_days()
    state = state_of(due).label("state")
    query = rows(due).with_only_columns(state, func.count(Store.id)).group_by(state)
    found = db.session.execute(query.where(*conditions(Wish(visible=visible), due)))
    return {str(word): int(count) for word, count in found}


def show_line(code: str, *, archived: bool = False) -> Row[Any]:
    """One store as a line of the list. Raises `NotFound`."""
    query = rows(due_days()).where(func.lower(Store.store_code) == code.lower())
    line = db.session.execute(query).first()
    if line is None or (line.archived_at is not None and not archived):
        raise NotFound(NOT_FOUND, code="STORE_NOT_FOUND")
    return line


def as_line(row: Row[Any]) -> dict[str, Any]:
    """A store as spec 003 lists it; numbers that were never read are null, not 0."""
    user_known, videos_known = row.user_day is not None, row.video_day is not None
    return {
        "storeCode": row.store_code,
        "storeName": row.store_name,
        "picName": row.pic_name,
        "picContact": row.pic_contact,
        "tags": row.tags,
        "createdAt": iso(row.created_at),
        "archivedAt": iso(row.archived_at),
        "connectionStatus": row.status,
        "state": row.state,
        "cause": row.cause if row.status != NOT_CONNECTED else None,
        "accountId": row.account_id,
        "accountIdentifier": row.account_identifier,
        "displayName": row.display_name,
        "connectedAt": iso(row.connected_at),
        "lastSyncTime": iso(row.last_sync_time),
        "tokenExpiresAt": iso(row.token_expires_at),
        "latestUserStats": {
            "followerCount": row.followers,
            "likesCount": row.likes,
            "videoCount": row.video_count,
            "snapshotDate": day_from(row.user_day).isoformat(),
        }
        if user_known
        else None,
        "latestVideoStats": {
            "totalVideos": row.tracked_videos,
            "totalViews": row.total_views,
            "snapshotDate": day_from(row.video_day).isoformat(),
        }
        if videos_known
        else None,
    }


def directory_version() -> str:
    """Names the present list as a whole: changes with any store, account, number or slot."""
    stores = select(func.count(Store.id), func.max(Store.updated_at)).subquery()
    accounts = select(func.count(StoreAccount.id), func.max(StoreAccount.updated_at)).subquery()
    numbers = select(func.count(), func.sum(StoreLatest.data_version)).subquery()
    together = stores.join(accounts, true()).join(numbers, true())
    known = db.session.execute(select(stores, accounts, numbers).select_from(together)).one()
    due = due_days()
    return "|".join(str(part) for part in (*known, due.user, due.video))
