"""Lines of `sync_logs`: their sentences are those of spec 003, so scripts may rely on them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from hub.bulk import Prepared
from hub.clock import now
from hub.db import table_of
from hub.sync.models import SyncLog

table = table_of(SyncLog)
JOB_NAMES = {
    "refresh": "refresh_tokens",
    "refresh_tokens": "refresh_tokens",
    "user": "sync_user_daily",
    "video": "sync_video_daily",
    "all": "sync_all",
}
SKIPPED = {
    "not_connected": "Skipped: no TikTok account is connected",
    "need_reconnect": "Skipped: the owner must allow access again",
    "missing_scope": "Skipped: a permission was not granted",
    "already_running": "Skipped: a sync of this store is already running",
    "disabled": "Skipped: the account is switched off",
    "archived": "Skipped: the store is archived",
}
PART_WORDS = {"user": "User stats", "video": "Videos"}


LINE = ("store_code", "job_name", "status", "message", "raw_error", "duration_ms", "run_time",
        "run_id", "cause")  # fmt: skip
_insert = Prepared(insert(table), LINE)


def write(connection: Connection, *rows: Mapping[str, Any]) -> None:
    """Add lines; each holds all of LINE."""
    _insert.run(connection, *rows)


def user_message(followers: int | None, videos: int | None) -> str:
    shown = ["unknown" if number is None else str(number) for number in (followers, videos)]
    return f"User stats synced successfully: {shown[0]} followers, {shown[1]} videos"


def video_message(videos: int) -> str:
    return f"Video stats synced successfully: {videos} videos"


def left_out(part: str, scope: str) -> str:
    return f"{PART_WORDS[part]} left out: {scope} was not granted"


def part_row(part: Any, store_code: str, run_id: int) -> dict[str, Any]:
    """A store's line; `part` has name, state, message, cause, detail, seconds."""
    detail = f"{part.cause}: {part.detail}" if part.detail else part.cause
    return {
        "store_code": store_code,
        "job_name": JOB_NAMES[part.name],
        "status": part.state.upper(),
        "message": part.message,
        "raw_error": detail if part.state != "success" else None,
        "duration_ms": round(part.seconds * 1000),
        "run_time": now(),
        "run_id": run_id,
        "cause": part.cause,
    }


def job_row(run: Any, job: str, status: str, message: str, duration_ms: int) -> dict[str, Any]:
    """The line of a whole run (`store_code` null)."""
    return {
        "store_code": None,
        "job_name": JOB_NAMES[job],
        "status": status,
        "message": message,
        "raw_error": None,
        "duration_ms": duration_ms,
        "run_time": now(),
        "run_id": run.id,
        "cause": None,
    }


def skipped_slot_row(job: str, planned: str) -> dict[str, Any]:
    """A slot that was missed and is not made up for."""
    return {
        "store_code": None,
        "job_name": JOB_NAMES[job],
        "status": "SKIPPED",
        "message": f"Skipped: the slot of {planned} was missed",
        "raw_error": None,
        "duration_ms": 0,
        "run_time": now(),
        "run_id": None,
        "cause": "missed",
    }


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line as the Hub family shows it."""
    from hub.clock import iso

    return {
        "id": row["id"],
        "storeCode": row["store_code"],
        "jobName": row["job_name"],
        "status": row["status"],
        "message": row["message"],
        "rawError": row["raw_error"],
        "durationMs": row["duration_ms"],
        "runTime": iso(row["run_time"]),
    }
