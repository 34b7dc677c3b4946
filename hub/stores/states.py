"""The state of a store in the words of every page, as SQL and as Python.

fresh: each granted part has a row for the newest slot that has passed. late: connected without
it. stopped: needs its owner, failed three nights or was switched off. never_connected: no account.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, or_

from hub.access import settings
from hub.clock import day_number, now
from hub.schedule import last_slot
from hub.stores.models import CONNECTED, NOT_CONNECTED, STATUSES, STOPPED, StoreAccount
from hub.sync.models import StoreLatest

FRESH, LATE, STOPPED_WORD, NEVER = "fresh", "late", "stopped", "never_connected"
WORDS = (FRESH, LATE, STOPPED_WORD, NEVER)
# What each part of a night needs the owner to have allowed (providers.md A.7).
USER_SCOPE, VIDEO_SCOPE = "user.info.stats", "video.list"


@dataclass(frozen=True)
class DueDays:
    """The day number of the newest slot that has passed, of each part."""

    user: int
    video: int


def due_days() -> DueDays:
    """Days that a fresh store has rows for, counted in `TZ` by the schedule of each part."""
    config = settings()

    def day(cron: str) -> int:
        return day_number(last_slot(cron, now(), config.tz).astimezone(ZoneInfo(config.tz)).date())

    return DueDays(day(config.cron_sync_user_daily), day(config.cron_sync_video_daily))


def granted(scope: str) -> ColumnElement[bool]:
    """Whether the account's owner allowed `scope` (the column is a list with commas)."""
    listed = literal(",") + func.coalesce(StoreAccount.scopes, "") + literal(",")
    return listed.like(f"%,{scope},%")


def status_of() -> ColumnElement[str]:
    """The account status of spec 003; a store without an account is NOT_CONNECTED."""
    return func.coalesce(StoreAccount.status, NOT_CONNECTED)


def is_fresh(due: DueDays) -> ColumnElement[bool]:
    user, video = granted(USER_SCOPE), granted(VIDEO_SCOPE)
    return and_(
        status_of() == CONNECTED,
        or_(user, video),
        or_(~user, func.coalesce(StoreLatest.user_day, -1) >= due.user),
        or_(~video, func.coalesce(StoreLatest.video_day, -1) >= due.video),
    )


def state_of(due: DueDays) -> ColumnElement[str]:
    """The page word of a store; the query joins `store_accounts` and `store_latest` (outer)."""
    return case(
        (status_of() == NOT_CONNECTED, NEVER),
        (status_of().in_(STOPPED), STOPPED_WORD),
        (is_fresh(due), FRESH),
        else_=LATE,
    )


def is_in(word: str, due: DueDays) -> ColumnElement[bool]:
    """Stores of an account status (CONNECTED, …) or of a page word (fresh, …)."""
    return status_of() == word if word in STATUSES else state_of(due) == word
