"""Sync in words for people: jobs, who started a run, cron expressions, lines of the log."""

import re
from collections.abc import Mapping
from typing import Any

from hub.sync import causes
from hub.text import _, decimal, language, lazy_gettext

JOBS: dict[str, Any] = {
    "all": lazy_gettext("Everything"),
    "user": lazy_gettext("Account numbers"),
    "video": lazy_gettext("Videos"),
    "refresh_tokens": lazy_gettext("Renew access"),
}
# The names in `sync_logs` (spec 003), parts and whole runs.
LOG_JOBS: dict[str, Any] = {
    "sync_all": JOBS["all"],
    "sync_user_daily": JOBS["user"],
    "sync_video_daily": JOBS["video"],
    "refresh_tokens": JOBS["refresh_tokens"],
}
LOG_STATES = {"SUCCESS": "done", "FAILED": "failed", "SKIPPED": "skipped"}
TRIGGERS: dict[str, Any] = {
    "schedule": lazy_gettext("the schedule"),
    "cli": lazy_gettext("the command line"),
    "connect": lazy_gettext("the connecting of its account"),
}
DAYS: tuple[Any, ...] = (
    lazy_gettext("Sunday"), lazy_gettext("Monday"), lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"), lazy_gettext("Thursday"), lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
)  # fmt: skip

USER = re.compile(r"User stats synced successfully: (\w+) followers, (\w+) videos")
VIDEO = re.compile(r"Video stats synced successfully: (\d+) videos")
RUN = re.compile(r"Synced (\d+)/(\d+) stores, (\d+) failed, (\d+) skipped(?:, cancelled by (.+))?")
TOKENS = re.compile(r"Refreshed (\d+)/(\d+) tokens, (\d+) failed(?:, cancelled by (.+))?")
PLAIN: dict[str, Any] = {
    "Token refreshed successfully": lazy_gettext("Access renewed"),
    "Token is still valid": lazy_gettext("Access is still valid"),
}


def started_by(trigger: str, actor: str, names: Mapping[str, str]) -> str:
    """Who started a run: a person's name, a key, the schedule, the command line."""
    if trigger in TRIGGERS:
        return str(TRIGGERS[trigger])
    name = names.get(actor.lower())
    return name or (_("key %(name)s", name=actor) if "@" not in actor else actor)


def cron_words(cron: str) -> str:
    """`0 2 * * *` as "every day at 02:00"; what is rarer stays an expression."""
    minute, hour, day, month, weekday = cron.split()
    if (day, month) != ("*", "*"):
        return _("by the cron expression %(cron)s", cron=cron)
    if (step := re.fullmatch(r"\*/(\d+)", minute)) and (hour, weekday) == ("*", "*"):
        return _("every %(count)s minutes", count=step[1])
    if minute == "*" and (hour, weekday) == ("*", "*"):
        return _("every minute")
    if not (minute.isdigit() and hour.isdigit()):
        return _("by the cron expression %(cron)s", cron=cron)
    at = clock_words(int(hour), int(minute))
    if weekday == "*":
        return _("every day at %(hour)s", hour=at)
    if weekday.isdigit():
        return _("every %(day)s at %(hour)s", day=DAYS[int(weekday) % 7], hour=at)
    return _("by the cron expression %(cron)s", cron=cron)


def clock_words(hour: int, minute: int) -> str:
    """A time of day as it is written in both languages: 02:00, 02.00."""
    return f"{hour:02d}{'.' if language() == 'id' else ':'}{minute:02d}"


def count(text: str) -> str:
    return decimal(int(text)) if text.isdigit() else _("unknown")


def log_words(message: str, cause: str | None = None) -> str:
    """A line of the log in the reader's language; the stored sentences are spec 003's, English."""
    if cause:
        return str(causes.describe(cause).title)
    if found := USER.fullmatch(message):
        return _(
            "%(followers)s followers, %(videos)s videos in the account",
            followers=count(found[1]), videos=count(found[2]),
        )  # fmt: skip
    if found := VIDEO.fullmatch(message):
        return _("Numbers of %(videos)s videos stored", videos=count(found[1]))
    if found := RUN.fullmatch(message):
        return run_words(found)
    if found := TOKENS.fullmatch(message):
        return _(
            "Access renewed for %(done)s of %(total)s stores, %(failed)s failed",
            done=count(found[1]), total=count(found[2]), failed=count(found[3]),
        )  # fmt: skip
    return str(PLAIN.get(message, message))


def run_words(found: re.Match[str]) -> str:
    done, total, failed, skipped = (count(found[at]) for at in range(1, 5))
    words = _(
        "%(done)s of %(total)s stores read, %(failed)s failed, %(skipped)s skipped",
        done=done, total=total, failed=failed, skipped=skipped,
    )  # fmt: skip
    return f"{words}, {_('cancelled by %(name)s', name=found[5])}" if found[5] else words
