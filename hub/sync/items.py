"""One store of a run: decide, read, and write all of it in one transaction.

The first statement of that transaction ends the item under its fence: a worker that lost its
lease writes nothing.
"""

import threading
import time
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import OperationalError

from hub.bulk import change
from hub.clock import now
from hub.db import begin, db, reading, table_of
from hub.errors import ProviderError
from hub.log import logger
from hub.stores.models import (
    CONNECTED,
    ERROR,
    NEED_RECONNECT,
    NOT_CONNECTED,
    USABLE,
    Store,
    StoreAccount,
)
from hub.stores.tokens import accounts
from hub.sync import logs
from hub.sync.models import SyncItem
from hub.sync.parts import (
    PARTS_OF,
    RECONNECT_CAUSES,
    Part,
    Reading,
    Tools,
    outcome,
    read_parts,
    sentence,
    skipped_parts,
)
from hub.sync.reading import SeenVideos
from hub.sync.snapshots import Night, store_night
from hub.work import DONE, FAILED, QUEUED, finish, insist

items = table_of(SyncItem)
NIGHTS_TO_ERROR = 3
# One writer a process at a time: SQLite has one anyway, and waiting here is fairer than there.
_writer = threading.Lock()


def perform(row: Row[Any], tools: Tools) -> None:
    """Work one claimed item to its end; raises `LeaseLost` or `Stopped`."""
    reading_ = Reading(row, read_store(row.store_id))
    cause = why_unusable(reading_.account)
    if cause is not None:
        reading_.parts = skipped_parts(row.job, cause)
    else:
        read_parts(reading_, tools, lambda error: try_again(row, error))
    insist(lambda: write(reading_, tools.day), tools.caller.stop)


STORE = (
    select(
        Store.id.label("store_id"),
        Store.store_code,
        Store.archived_at,
        StoreAccount.id.label("account_id"),
        *(column for column in accounts.c if column.name not in ("id", "store_code")),
    )
    .outerjoin(StoreAccount, StoreAccount.store_code == Store.store_code)
    .where(Store.id == bindparam("store"))
)
PRESENT = (
    select(
        accounts.c.id.label("account_id"),
        accounts.c.status,
        accounts.c.connected_at,
        Store.archived_at,
    )
    .join(Store, Store.store_code == accounts.c.store_code)
    .where(accounts.c.id == bindparam("account"))
    .with_for_update(of=accounts)
)


def read_store(store_id: int) -> Row[Any] | None:
    """The store with its account (`account_id` None when it never had one)."""
    with reading(), db.engine.connect() as connection:
        return connection.execute(STORE, {"store": store_id}).one_or_none()


def why_unusable(account: Row[Any] | None) -> str | None:
    """Why a store cannot be synced at all, in our words; None when it can."""
    if account is None or account.archived_at is not None:
        return "archived"
    if account.account_id is None or account.status == NOT_CONNECTED:
        return "not_connected"
    if account.status == NEED_RECONNECT:
        return "need_reconnect"
    return None if account.status in USABLE else "disabled"


def try_again(row: Row[Any], error: ProviderError) -> None:
    """Show on the run page that this store is being tried again, and why."""
    shown = update(items).where(items.c.id == row.id, items.c.fence == row.fence)
    try:
        with _writer, begin() as connection:
            connection.execute(shown.values(trying_again=True, cause=error.cause))
    except OperationalError:
        logger.warning("a locked database keeps a word off the run page")  # no more than that


def write(found: Reading, day: int) -> None:
    """End the item and store what was read, in one transaction."""
    row = found.row
    with _writer, begin() as connection:
        if (left := why_left(connection, found)) == "replaced":
            finish(connection, items, row.id, row.fence, QUEUED)  # again, with the new account
            return
        if left is not None:
            found.parts, found.user, found.videos = skipped_parts(row.job, left), None, None
        state, worst = outcome(found.parts)
        finish(connection, items, row.id, row.fence, state, **ended_values(found, worst))
        write_store(connection, found, day, state, worst)


def why_left(connection: Connection, found: Reading) -> str | None:
    """Why nothing may be stored although it was read: meanwhile the store was archived, its
    account disconnected, switched off or replaced (F22). Holds the account until the commit."""
    if found.account is None or found.account.account_id is None:
        return None
    present = connection.execute(PRESENT, {"account": found.account.account_id}).one_or_none()
    cause = why_unusable(present)
    if present is not None and present.connected_at != found.account.connected_at:
        return "replaced"
    found.status = present.status if present is not None else ""
    return None if cause == "need_reconnect" else cause


def ended_values(found: Reading, worst: Part | None) -> dict[str, Any]:
    """The columns of an item that ended."""
    states = {part.name: part.state for part in found.parts}
    return {
        "refresh_state": states.get("refresh"),
        "user_state": states.get("user"),
        "video_state": states.get("video"),
        "followers": found.user.follower_count if found.user else None,
        "videos": len(found.videos.videos) if found.videos else None,
        "records": (1 if found.user else 0) + (len(found.videos.videos) if found.videos else 0),
        "cause": worst.cause if worst else None,
        "message": sentence(found.parts),
        "detail": worst.detail if worst else None,
        "duration_ms": round((time.monotonic() - found.started) * 1000),
        "finished_at": now(),
        "trying_again": False,
    }


def write_store(
    connection: Connection, found: Reading, day: int, state: str, worst: Part | None
) -> None:
    """Numbers, log lines and the account's own state."""
    if found.account is None:
        return
    code, at = found.account.store_code, now()
    if found.user is not None or found.videos is not None:
        seen = found.videos or SeenVideos()
        store_night(
            connection,
            Night(
                found.account.store_id,
                code,
                day,
                at,
                found.user,
                seen.videos if found.videos else None,
                seen.gone,
            ),
        )
    if found.parts:
        logs.write(
            connection, *(logs.part_row(part, code, found.row.run_id) for part in found.parts)
        )
    change_account(connection, found, day, state, worst)


def change_account(
    connection: Connection, found: Reading, day: int, state: str, worst: Part | None
) -> None:
    """Last sync, permissions that were taken back, and ERROR after three failed nights."""
    account = found.account
    if account is None or account.account_id is None:
        return
    changed: dict[str, Any] = {}
    if found.user is not None:
        changed |= {
            "display_name": found.user.display_name,
            "avatar_url": found.user.avatar_url,
            "username": found.user.username or account.username,
        }
    if found.user is not None or found.videos is not None:
        changed["last_sync_time"] = now()
    if found.lost_scopes:
        kept = [scope for scope in account.scopes.split(",") if scope not in found.lost_scopes]
        changed["scopes"] = ",".join(kept)
    if state == DONE and found.row.job != "refresh_tokens" and not still_failing(connection, found):
        changed |= {"failed_nights": 0, "last_failed_day": None}
        if found.status == ERROR:
            changed |= {"status": CONNECTED, "cause": None, "cause_detail": None,
                        "status_since": now()}  # fmt: skip
    stopped = found.status == NEED_RECONNECT  # with its cause, meanwhile or by a renewal
    if (
        state == FAILED
        and worst is not None
        and not stopped
        and worst.cause not in RECONNECT_CAUSES
    ):
        changed |= failed_night(account, day, worst)
    if state == FAILED and worst is not None and not stopped and worst.cause == "access_expired":
        changed |= {"status": NEED_RECONNECT, "cause": worst.cause,
                    "cause_detail": worst.detail, "status_since": now()}  # fmt: skip
    if changed:  # `why_left` holds the row until the commit
        change(connection, accounts, {"id": account.account_id}, changed | {"updated_at": now()})


def still_failing(connection: Connection, found: Reading) -> bool:
    """Whether the part that this item did not read failed when it was last tried: accounts and
    videos have runs of their own at night, and the one's success must not hide the other."""
    account = found.account
    if account is None or not account.failed_nights:
        return False
    read = {part.name for part in found.parts}
    for name in {"user", "video"} - read:
        last = connection.execute(
            select(logs.table.c.status)
            .where(
                logs.table.c.store_code == account.store_code,
                logs.table.c.job_name == logs.JOB_NAMES[name],
                func.coalesce(logs.table.c.cause, "") != "already_running",
            )
            .order_by(logs.table.c.run_time.desc(), logs.table.c.id.desc())
            .limit(1)
        ).scalar()
        if last == "FAILED":
            return True
    return False


def failed_night(account: Row[Any], day: int, worst: Part) -> dict[str, Any]:
    """Count a night once however often it is tried; the third in a row makes it ERROR."""
    nights = account.failed_nights + (1 if account.last_failed_day != day else 0)
    changed: dict[str, Any] = {"failed_nights": nights, "last_failed_day": day}
    if nights >= NIGHTS_TO_ERROR and account.status != ERROR:
        changed |= {"status": ERROR, "status_since": now()}
    if nights >= NIGHTS_TO_ERROR:
        changed |= {"cause": worst.cause, "cause_detail": worst.detail}
    return changed


def give_up(connection: Connection, row: Row[Any], cause: str, message: str) -> None:
    """Part states and log lines of an item that ended as failed without being written."""
    names = [name for name in PARTS_OF[row.job] if name != "refresh"] or ["refresh"]
    parts = [Part(name, "failed", message, cause) for name in names]
    connection.execute(
        update(items)
        .where(items.c.id == row.id)
        .values(
            cause=cause,
            message=message,
            finished_at=now(),
            trying_again=False,
            **{f"{part.name}_state": part.state for part in parts},
        )
    )
    code = connection.execute(select(Store.store_code).where(Store.id == row.store_id)).scalar_one()
    connection.execute(
        insert(logs.table), [logs.part_row(part, code, row.run_id) for part in parts]
    )
