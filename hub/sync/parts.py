"""The parts of one store's item: access, account, videos. What each became, without writing."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Row

from hub.access import settings
from hub.clock import now
from hub.errors import ProviderError
from hub.providers.tiktok import STATS, VIDEOS, TikTok, TikTokUser
from hub.schedule import next_slot
from hub.sync import logs
from hub.sync.calls import Caller
from hub.sync.reading import SeenVideos, StoreReader
from hub.sync.slots import Slots
from hub.work import DONE, FAILED, SKIPPED

PARTS_OF = {
    "all": ("refresh", "user", "video"),
    "user": ("user",),
    "video": ("video",),
    "refresh_tokens": ("refresh",),
}
NEEDS = {"user": STATS, "video": VIDEOS}
RECONNECT_CAUSES = ("access_expired", "refresh_interrupted", "access_unreadable")
STILL_VALID = "Token is still valid"


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


def skipped_parts(job: str, cause: str) -> list[Part]:
    return [Part(name, "skipped", logs.SKIPPED[cause], cause) for name in PARTS_OF[job]]


def read_parts(found: Reading, tools: Tools, on_retry: Callable[[ProviderError], None]) -> None:
    """The account part and the video part go side by side; a renewal comes before both."""
    reader = StoreReader(
        tools.tiktok,
        tools.caller,
        found.account,  # type: ignore[arg-type]
        in_app(tools.side, tools.app),
        on_retry,
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
