"""One store of a run: decide, read, and write all of it in one transaction.

The first statement of that transaction ends the item under its fence: a worker that lost its
lease writes nothing.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import OperationalError

from hub.access import settings
from hub.bulk import change
from hub.clock import now
from hub.db import begin, db, reading, table_of
from hub.errors import ProviderError
from hub.log import logger
from hub.providers.tiktok import STATS, VIDEOS, TikTok, TikTokUser
from hub.schedule import next_slot
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
from hub.sync.calls import Caller
from hub.sync.models import SyncItem
from hub.sync.reading import SeenVideos, StoreReader
from hub.sync.slots import Slots
from hub.sync.snapshots import Night, store_night
from hub.work import DONE, FAILED, QUEUED, SKIPPED, finish, insist

items = table_of(SyncItem)
PARTS_OF = {
    "all": ("refresh", "user", "video"),
    "user": ("user",),
    "video": ("video",),
    "refresh_tokens": ("refresh",),
}
NEEDS = {"user": STATS, "video": VIDEOS}
NIGHTS_TO_ERROR = 3
RECONNECT_CAUSES = ("access_expired", "refresh_interrupted", "access_unreadable")
STILL_VALID = "Token is still valid"
# One writer a process at a time: SQLite has one anyway, and waiting here is fairer than there.
_writer = threading.Lock()


@dataclass
class Part:
    """What became of one part of a store: success, failed or skipped."""

    name: str
    state: str
    message: str
    cause: str | None = None
    detail: str | None = None
    seconds: float = 0.0


@dataclass
class Reading:
    """Everything one item learned."""

    row: Row[Any]
    account: Row[Any] | None
    parts: list[Part] = field(default_factory=list)
    user: TikTokUser | None = None
    videos: SeenVideos | None = None
    lost_scopes: list[str] = field(default_factory=list)
    status: str = ""  # of the account when all this is written
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Tools:
    """What a batch shares among its items."""

    tiktok: TikTok
    caller: Caller
    side: Executor
    video_slots: Slots
    app: Any
    day: int


def perform(row: Row[Any], tools: Tools) -> None:
    """Work one claimed item to its end; raises `LeaseLost` or `Stopped`."""
    reading_ = Reading(row, read_store(row.store_id))
    cause = why_unusable(reading_.account)
    if cause is not None:
        reading_.parts = skipped_parts(row.job, cause)
    else:
        read_parts(reading_, tools)
    insist(lambda: write(reading_, tools.day), tools.caller.stop)


def skipped_parts(job: str, cause: str) -> list[Part]:
    return [Part(name, "skipped", logs.SKIPPED[cause], cause) for name in PARTS_OF[job]]


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


def read_parts(found: Reading, tools: Tools) -> None:
    """The account part and the video part go side by side; a renewal comes before both."""
    reader = StoreReader(
        tools.tiktok,
        tools.caller,
        found.account,  # type: ignore[arg-type]
        in_app(tools.side, tools.app),
        lambda error: try_again(found.row, error),
    )
    names = PARTS_OF[found.row.job]
    if "refresh" in names:
        part = timed("refresh", lambda: renew_part(reader))
        found.parts += [part] if part.state != "skipped" else []
        if part.cause in RECONNECT_CAUSES:
            found.parts += [
                Part(name, "failed", part.message, part.cause, part.detail)
                for name in names
                if name != "refresh"
            ]
            return
    user = None
    if "user" in names:
        user = reader.side.submit(lambda: timed("user", lambda: user_part(found, reader)))
    if "video" in names:
        slot = tools.video_slots.one(tools.caller.stop) if found.row.job == "all" else nullcontext()
        with slot:
            video = timed("video", lambda: video_part(found, reader, tools.day))
    if user is not None:
        found.parts.append(user.result())
    if "video" in names:
        found.parts.append(video)


def in_app(side: Executor, app: Any) -> Any:
    """An executor whose tasks may use the database: each runs inside the application."""

    class InApp:
        def submit(self, task: Callable[[], Any]) -> Any:
            def run() -> Any:
                with app.app_context():
                    return task()

            return side.submit(run)

    return InApp()


def timed(name: str, read: Callable[[], Part]) -> Part:
    """Run a part; what TikTok refused becomes its state and cause, never an exception."""
    start = time.monotonic()
    try:
        part = read()
    except ProviderError as error:
        skipped = error.cause == "missing_scope"
        part = Part(
            name, "skipped" if skipped else "failed", error.message, error.cause, error.detail
        )
    part.seconds = time.monotonic() - start
    return part


def renew_part(reader: StoreReader) -> Part:
    """Renew access that ends before the next nightly slot; others are left alone."""
    config = settings()
    until = next_slot(config.cron_token_refresh, now(), config.tz)
    access = reader.renew(until=until)
    if access.renewed:
        return Part("refresh", "success", "Token refreshed successfully")
    return Part("refresh", "skipped", STILL_VALID)


def user_part(found: Reading, reader: StoreReader) -> Part:
    if left_out := lacks(reader, "user"):
        return left_out
    user = ask_scoped(found, STATS, reader.user)
    found.user = user
    return Part("user", "success", logs.user_message(user.follower_count, user.video_count))


def video_part(found: Reading, reader: StoreReader, day: int) -> Part:
    if left_out := lacks(reader, "video"):
        return left_out
    seen = ask_scoped(found, VIDEOS, lambda: reader.videos(day))
    found.videos = seen
    return Part("video", "success", logs.video_message(len(seen.videos)))


def lacks(reader: StoreReader, name: str) -> Part | None:
    scope = NEEDS[name]
    if scope in reader.scopes:
        return None
    return Part(name, "skipped", logs.left_out(name, scope), "missing_scope")


def ask_scoped(found: Reading, scope: str, read: Callable[[], Any]) -> Any:
    """A permission that was taken back since is remembered, so that people are told its name."""
    try:
        return read()
    except ProviderError as error:
        if error.cause == "missing_scope":
            found.lost_scopes.append(scope)
            error.message = logs.left_out("user" if scope == STATS else "video", scope)
        raise


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


def sentence(parts: list[Part]) -> str:
    """The item in words: account and videos joined by '; ', a renewal when alone or failed."""
    told = [part for part in parts if part.name != "refresh" or part.state == "failed"] or parts
    return "; ".join(dict.fromkeys(part.message for part in told)) or STILL_VALID


def outcome(parts: list[Part]) -> tuple[str, Part | None]:
    """The item's state and the part that explains it."""
    failed = [part for part in parts if part.state == "failed"]
    if failed:  # access that ended explains the rest
        ended = [part for part in failed if part.cause in RECONNECT_CAUSES]
        return FAILED, [*ended, *failed][0]
    skipped = next((part for part in parts if part.state == "skipped"), None)
    if skipped and all(part.state == "skipped" for part in parts if part.name != "refresh"):
        return SKIPPED, skipped
    return DONE, skipped


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
