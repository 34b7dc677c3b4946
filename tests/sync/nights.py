"""Nights as TikTok could have told them, and what must follow from them, computed another way."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.clock import day_from
from hub.db import begin
from hub.providers.tiktok import TikTokUser, TikTokVideo
from hub.sync.snapshots import Night, store_night
from tests.sync.world import Shop

FIRST = 20_000  # 4 Oct 2024
Counts = tuple[int | None, int | None, int | None, int | None]


def moment(day: int, hour: int = 3) -> datetime:
    return datetime(1970, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)


def video(
    name: str, views: int | None = 100, born: int | None = FIRST - 90, **more: Any
) -> TikTokVideo:
    given = {
        "id": name, "caption": f"Video {name}", "duration": 30, "share_url": f"https://t/{name}",
        "cover_url": f"https://cdn/{name}.jpg?x-expires={views}",
        "created_time": None if born is None else moment(born),
        "view_count": views, "like_count": 10, "comment_count": 5, "share_count": 2,
    }  # fmt: skip
    return TikTokVideo(**(given | more))


def user(followers: int | None = 5000, **more: Any) -> TikTokUser:
    given = {
        "open_id": "open", "union_id": None, "display_name": "Toko", "avatar_url": "https://cdn/a",
        "username": None, "follower_count": followers, "following_count": 7, "likes_count": 900,
        "video_count": 3,
    }  # fmt: skip
    return TikTokUser(**(given | more))


def write(store: Shop, day: int, *videos: TikTokVideo, account: TikTokUser | None = None,
          only_account: bool = False, gone: Iterable[str] = ()) -> None:  # fmt: skip
    """A night in a transaction of its own."""
    seen = None if only_account else list(videos)
    with begin() as connection:
        at = moment(day, 4)
        night = Night(store.id, store.code, day, at, account, seen, list(gone))
        store_night(connection, night)


def known(values: Iterable[int | None]) -> int | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None


@dataclass
class Model:
    """One store's facts, and the rollups by the rules of CONTRACT and the models' docstrings."""

    facts: dict[int, dict[str, Counts]] = field(default_factory=dict)  # day → video → counts
    users: dict[int, tuple[int | None, int | None, int | None]] = field(default_factory=dict)
    born: dict[str, int | None] = field(default_factory=dict)

    def night(self, day: int, seen: dict[str, Counts] | None, account: Any) -> None:
        if seen is not None:
            self.facts[day] = dict(seen)
        if account is not None:
            self.users[day] = account

    def until(self, day: int) -> int | None:
        return max((one for one in self.facts if one <= day), default=None)

    def growth(self, name: str, day: int, back: int) -> int | None:
        views, reference = self.facts[day][name][0], self.until(day - back)
        born = self.born[name]
        if reference is not None and name in self.facts[reference]:
            base = self.facts[reference][name][0]
        elif born is not None and born >= day - back:
            base = 0
        elif reference is None:
            base = None
        else:
            earlier = [
                d for d in self.facts if reference - 60 <= d <= reference and name in self.facts[d]
            ]
            base = self.facts[max(earlier)][name][0] if earlier else None
        return None if views is None or base is None else views - base

    def sums(self, day: int) -> list[int | None]:
        rows = list(self.facts[day].values())
        return [known(row[at] for row in rows) if rows else 0 for at in range(4)]

    def gained(self, day: int) -> int | None:
        if day - 1 not in self.facts:
            return None
        return known(self.growth(name, day, 1) for name in self.facts[day])

    def store_daily(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for day in self.facts.keys() | self.users.keys():
            row: list[Any] = [*self.users.get(day, (None, None, None))]
            if day in self.facts:
                row += [len(self.facts[day]), *self.sums(day), self.gained(day)]
            else:
                row += [None] * 6
            found[day] = row
        return found

    def video_latest(self) -> dict[str, list[Any]]:
        last = {name: day for day in sorted(self.facts) for name in self.facts[day]}
        return {
            name: [day, *self.facts[day][name], *(self.growth(name, day, n) for n in (1, 7, 30))]
            for name, day in last.items()
        }

    def store_latest(self) -> list[Any]:
        """user_day, followers, followers_w, video_day, tracked, views, views_w, views_pw."""
        found: list[Any] = [None] * 8
        if self.users:
            day = max(self.users)
            has = self.users[day][0]
            before = [d for d in self.users if d <= day - 7 and self.users[d][0] is not None]
            gained = None if has is None or not before else has - (self.users[max(before)][0] or 0)
            found[:3] = [day, has, gained]
        if self.facts:
            day = max(self.facts)
            week = None
            if self.until(day - 7) is not None:
                week = known(self.growth(name, day, 7) for name in self.facts[day])
            found[3:] = [day, len(self.facts[day]), self.sums(day)[0], week, self.week_before(day)]
        return found

    def week_before(self, day: int) -> int | None:
        then, earlier = self.until(day - 7), self.until(day - 14)
        if then is None or earlier is None:
            return None
        gains = []
        for name, counts in self.facts[then].items():
            born = self.born[name]
            if name in self.facts[earlier]:
                base = self.facts[earlier][name][0]
            elif born is not None and born >= day - 14:
                base = 0
            else:
                base = None
            gains.append(None if counts[0] is None or base is None else counts[0] - base)
        return known(gains)


def calendar_day(day: int) -> str:
    return day_from(day).isoformat()
