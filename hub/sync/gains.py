"""What videos gained: one set of rules for a night and for a rebuild from the facts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from hub.access import settings
from hub.bulk import Prepared
from hub.clock import day_from
from hub.db import table_of
from hub.sync.models import Video, VideoDaily

facts, videos = table_of(VideoDaily), table_of(Video)
WINDOWS = {"growth_1d": 1, "growth_7d": 7, "growth_30d": 30}
LOOK_BACK = 60  # days that a video may have been missing before a comparison
VIEWS_ON = Prepared(
    select(facts.c.day, facts.c.video_id, facts.c.view_count).where(
        facts.c.store_id == bindparam("store"),
        or_(*(facts.c.day == bindparam(f"d{back}") for back in (1, 7, 14, 30))),
    )
)
BIRTH = select(videos.c.created_time).where(videos.c.id == bindparam("video"))
LAST_BEFORE = (
    select(facts.c.view_count)
    .where(
        facts.c.store_id == bindparam("store"),
        facts.c.video_id == bindparam("video"),
        facts.c.day <= bindparam("until"),
        facts.c.day >= bindparam("since"),
    )
    .order_by(facts.c.day.desc())
    .limit(1)
)


class Gains:
    """What videos gained since earlier days: compared with the last row at or before that day.

    `days` maps how many days back to the store's day that is compared with, `views` a day to its
    videos' views, `born` a video to its birth; `last_before(video, day)` finds what a single
    video had when it was missing on that day. One set of rules for a night and for a rebuild.
    """

    BACKS = (1, 7, 14, 30)

    def __init__(
        self,
        day: int,
        born: Mapping[int, datetime | None],
        days: Mapping[int, int | None],
        views: Mapping[int, Mapping[int, int | None]],
        last_before: Callable[[int, int], int | None],
        find_birth: Callable[[int], datetime | None] = lambda video: None,
    ) -> None:
        self.day, self.born, self.days, self.views = day, born, days, views
        zone = ZoneInfo(settings().tz)
        self.since = {back: begin_of(day - back, zone) for back in self.BACKS}
        self.last_before = last_before
        self.find_birth = find_birth  # of a video that was not seen today

    @classmethod
    def read(
        cls,
        connection: Connection,
        store: int,
        day: int,
        born: Mapping[int, datetime | None],
        days: Any,
    ) -> "Gains":
        """From the database; `days` is the store's row of BEFORE."""
        known = {back: getattr(days, f"d{back}") for back in cls.BACKS}
        views: dict[int, dict[int, int | None]] = {}
        bound = {f"d{back}": day for back, day in known.items()}
        for on, video, count in VIEWS_ON.rows(connection, store=store, **bound):
            views.setdefault(on, {})[video] = count

        def last_before(video: int, until: int) -> int | None:
            bound = {"store": store, "video": video, "until": until, "since": until - LOOK_BACK}
            return connection.execute(LAST_BEFORE, bound).scalar()

        def find_birth(video: int) -> datetime | None:
            return connection.execute(BIRTH, {"video": video}).scalar()

        return cls(day, born, known, views, last_before, find_birth)

    def base(self, video: int, back: int) -> int | None:
        """Views at or before `day - back`; 0 for a video younger than that; None if unknown."""
        reference = self.days[back]
        there = self.views.get(reference, {}) if reference is not None else {}
        if video in there:
            return there[video]
        if self.is_younger(video, back):
            return 0
        return None if reference is None else self.last_before(video, reference)

    def gain(self, video: int, views: int | None, back: int) -> int | None:
        base = self.base(video, back)
        return None if views is None or base is None else views - base

    def all(self, seen: Mapping[int, int | None]) -> dict[int, dict[str, int | None]]:
        """The gains of all videos of the day, by window; `seen` maps a video to its views."""
        grown: dict[int, dict[str, int | None]] = {video: {} for video in seen}
        for name, back in WINDOWS.items():
            there = self.views.get(self.days[back] or 0, {})
            for video, views in seen.items():
                base = there[video] if video in there else self.base(video, back)
                gained = None if views is None or base is None else views - base
                grown[video][name] = gained
        return grown

    def day_gain(self, grown: Mapping[int, Mapping[str, int | None]]) -> int | None:
        """Views gained since yesterday; None when yesterday is missing: a gap is not a jump."""
        if self.days[1] != self.day - 1:
            return None
        return total(gains["growth_1d"] for gains in grown.values())

    def week(self, grown: Mapping[int, Mapping[str, int | None]]) -> int | None:
        if self.days[7] is None:
            return None
        return total(gains["growth_7d"] for gains in grown.values())

    def week_before(self) -> int | None:
        """What the videos of seven days ago had gained in the week before that."""
        if self.days[7] is None or self.days[14] is None:
            return None
        then, earlier = self.views.get(self.days[7], {}), self.views.get(self.days[14], {})

        def gained(video: int, views: int | None) -> int | None:
            base = earlier.get(video)
            if video not in earlier and self.is_younger(video, 14):
                base = 0
            return None if views is None or base is None else views - base

        return total(gained(video, views) for video, views in then.items())

    def is_younger(self, video: int, back: int) -> bool:
        born = self.born[video] if video in self.born else self.find_birth(video)
        return born is not None and born >= self.since[back]


def begin_of(day: int, zone: ZoneInfo) -> datetime:
    """The instant a snapshot day (counted in `TZ`) begins, in UTC."""
    return datetime.combine(day_from(day), time(), zone).astimezone(UTC)


def total(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
