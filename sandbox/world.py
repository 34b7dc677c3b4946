"""The world: a pure function of (seed, account, video, instant).

Nothing here remembers anything; caches only hold what could be computed again. An account is
addressed by its handle (any string, lower case). Instants are Unix seconds, counts whole numbers.

Around the anchor day (midnight UTC) every account has exactly `videos` public videos. Before it
they were posted one by one; after it new ones follow (about one every two days) and a few vanish.
With `new_videos` off the set never changes again.
"""

import re
from bisect import bisect_left, bisect_right
from functools import lru_cache
from hashlib import blake2b
from math import exp, pi, sin
from operator import attrgetter
from struct import unpack
from threading import Lock

from sandbox.calendar import DAY, attention

NEVER = float("inf")
MAGIC = frozenset(
    {
        "private",
        "missing",
        "revoked",
        "noscope",
        "novideo",
        "slow",
        "hang",
        "flaky",
        "limited",
        "garbage",
        "nulls",
        "expired",
    }
)
GHOSTS = 2  # videos that had vanished before the anchor
AHEAD = 40 * DAY  # how far a cached account is worked out beyond what was asked
CACHED = 4000  # accounts kept


@lru_cache(maxsize=50_000)
def magic(handle: str) -> frozenset[str]:
    """The magic words among the parts of a handle: `pkl-slow_02` -> {"slow"}."""
    return MAGIC.intersection(re.split(r"[-_.]", handle.lower()))


def draw(*parts: object) -> tuple[int, ...]:
    """16 numbers of 32 bits that depend on nothing but the parts."""
    return unpack("<16I", blake2b("|".join(map(str, parts)).encode()).digest())


class Video:
    """One video: constants of its curve. `base` and the like are in units of attention."""

    __slots__ = (
        "bits",
        "burst",
        "burst_at",
        "burst_pace",
        "comments",
        "created",
        "gone",
        "id",
        "likes",
        "pace",
        "shape",
        "shares",
        "size",
        "start",
        "tail",
    )  # fmt: skip

    def __init__(self, account: "Account", index: int, created: int, gone: float) -> None:
        bits = draw(account.seed, account.handle, "video", index)
        unit = [value / 2**32 for value in bits]
        self.id = str(created << 32 | bits[0])  # as TikTok makes them: time first
        self.created = created
        self.gone = gone
        self.start = account.attention(created)
        luck = exp(1.1 * (unit[1] + unit[2] + unit[3] - 1.5) * 2)
        self.size = max(40.0, 0.55 * account.size**0.86 * luck)
        self.pace = 1.2 + 2.3 * unit[4]
        self.tail = 0.001 + 0.005 * unit[5]
        viral = unit[6] < 0.02
        self.burst = self.size * (12 + 60 * unit[7] ** 2) if viral else 0.0
        self.burst_at = 0.5 + 18 * unit[8] ** 2
        self.burst_pace = 1.0 + 1.5 * unit[9]
        self.likes = 0.03 + 0.07 * unit[10]
        self.comments = self.likes * (0.01 + 0.06 * unit[11])
        self.shares = self.likes * (0.01 + 0.09 * unit[12])
        self.bits = bits[13]
        self.shape = bits[14]

    def views_at(self, passed: float) -> int:
        """Views when the account's attention clock stands at `passed`."""
        age = passed - self.start
        if age <= 0:
            return 0
        views = self.size * (age / (age + self.pace) + self.tail * age)
        if self.burst and age > self.burst_at:
            late = (age - self.burst_at) ** 2
            views += self.burst * late / (late + self.burst_pace**2)
        return int(views)

    def likes_at(self, passed: float) -> int:
        """Likes at an attention; a fixed share of the views, so it never falls."""
        return int(self.views_at(passed) * self.likes)

    def counts_at(self, passed: float) -> tuple[int, int, int, int]:
        """(views, likes, comments, shares) at an attention."""
        views = self.views_at(passed)
        return views, int(views * self.likes), int(views * self.comments), int(views * self.shares)


class Account:
    """One account: constants of its curves, and its videos as far as worked out."""

    def __init__(self, world: "World", handle: str) -> None:
        bits = draw(world.seed, handle, "account")
        unit = [value / 2**32 for value in bits]
        self.world = world
        self.seed = world.seed
        self.handle = handle
        self.bits = bits
        self.size = 10 ** (2.9 + 2.2 * unit[0])
        self.growth = 0.0004 + 0.0026 * unit[1] ** 2
        self.period = 1.2 + 2.8 * unit[2] ** 1.5
        self.lag = 1 + unit[3] * self.period
        self.wave = 9 + 14 * unit[4]
        self.turn = 2 * pi * unit[5]
        self.old_likes = self.size * (4 + 20 * unit[6])
        self.following = int(20 + 400 * unit[7] ** 2)
        self.anchored = self.attention(world.anchor)
        self.private = self.private_spell(unit)
        self.lock = Lock()
        self.horizon = 0.0
        self.extend(world.anchor)

    def private_spell(self, unit: list[float]) -> tuple[float, float]:
        """[from, to) in which nothing is public."""
        anchor = self.world.anchor
        if "private" in magic(self.handle):
            return anchor, NEVER
        if self.world.new_videos and unit[8] < 0.015:
            start = anchor + (2 + 40 * unit[9]) * DAY
            return start, start + (3 + 10 * unit[10]) * DAY
        return NEVER, NEVER

    def attention(self, instant: float) -> float:
        """The common clock with this account's own slow wave; still strictly rising."""
        wave = 0.3 * self.wave / (2 * pi)
        return attention(instant) + wave * sin(2 * pi * instant / DAY / self.wave + self.turn)

    def is_private(self, instant: float) -> bool:
        """Whether the owner has made the account private."""
        return self.private[0] <= instant < self.private[1]

    def extend(self, instant: float) -> None:
        """Work out the videos up to `instant` and a while beyond."""
        with self.lock:
            if instant <= self.horizon:
                return
            horizon = max(instant, self.world.anchor) + AHEAD
            self.videos = sorted(self.make(horizon), key=attrgetter("created"))
            self.created = [video.created for video in self.videos]
            self.goings = sorted(video.gone for video in self.videos if video.gone < NEVER)
            self.by_id = {video.id: video for video in self.videos}
            self.horizon = horizon

    def make(self, horizon: float) -> list[Video]:
        """All videos posted before `horizon`, ghosts included."""
        world, made = self.world, []
        index = -GHOSTS
        while index < world.videos or world.new_videos:
            bits = draw(self.seed, self.handle, "post", index)
            days = (index - world.videos) * self.period
            days += self.lag if index >= world.videos else 0
            created = int(world.anchor + days // 1 * DAY + 3600 + bits[0] % 48_600)
            if created >= horizon:
                break
            if index >= 0 or bits[1] % 2:
                made.append(Video(self, index, created, self.going(index, created, bits)))
            index += 1
        return made

    def going(self, index: int, created: int, bits: tuple[int, ...]) -> float:
        """When a video vanishes: ghosts before the anchor, a few of the others after it."""
        anchor, share = self.world.anchor, bits[3] / 2**32
        if index < 0:
            return max(created + DAY, anchor - (1 + 40 * share) * DAY)
        if self.world.new_videos and bits[2] % 25 == 0:
            return max(anchor, created) + (1.5 + 60 * share) * DAY
        return NEVER

    def public(self, instant: float, before: float = NEVER) -> list[Video]:
        """Public videos at `instant` posted before `before`, oldest first."""
        if instant > self.horizon:
            self.extend(instant)
        if self.is_private(instant):
            return []
        end = bisect_right(self.created, instant)
        if before < instant:
            end = bisect_left(self.created, before)
        return [video for video in self.videos[:end] if video.gone > instant]

    def video_count(self, instant: float) -> int:
        """Number of public videos at `instant`, without listing them."""
        if instant > self.horizon:
            self.extend(instant)
        if self.is_private(instant):
            return 0
        return bisect_right(self.created, instant) - bisect_right(self.goings, instant)

    def find(self, video_id: str, instant: float) -> Video | None:
        """A public video of this account, or None."""
        if instant > self.horizon:
            self.extend(instant)
        video = self.by_id.get(video_id)
        if video is None or not video.created <= instant < video.gone or self.is_private(instant):
            return None
        return video

    def followers(self, passed: float) -> int:
        """Followers at an attention: steady growth, and some that a viral video brought."""
        viral = sum(v.views_at(passed) for v in self.videos if v.burst)
        return int(self.size * exp(self.growth * (passed - self.anchored)) + viral * 0.004)

    def likes_before(self, passed: float) -> int:
        """Likes of videos older than those we know of; never falls."""
        return int(self.old_likes * (1 + 0.0003 * (passed - self.anchored)))

    def counts_at(self, instant: float) -> tuple[int, int, int, int]:
        """(followers, following, likes, video_count) at `instant`."""
        count = self.video_count(instant)
        passed = self.attention(instant)
        likes = self.likes_before(passed)
        for video in self.videos[: bisect_right(self.created, instant)]:
            clock = passed if video.gone > instant else self.attention(video.gone)
            likes += int(video.views_at(clock) * video.likes)
        following = self.following + int((instant - self.world.anchor) / DAY // 40)
        return self.followers(passed), max(following, 0), likes, count


class World:
    """All accounts of one seed. `anchor` is a Unix second at midnight UTC."""

    def __init__(self, seed: str, anchor: int, videos: int, new_videos: bool) -> None:
        self.seed = seed
        self.anchor = anchor
        self.videos = videos
        self.new_videos = new_videos
        self.accounts: dict[str, Account] = {}
        self.lock = Lock()

    def account(self, handle: str) -> Account:
        """The account of a handle (every handle has one)."""
        found = self.accounts.get(handle)
        if found is None:
            found = Account(self, handle)
            with self.lock:
                if len(self.accounts) >= CACHED:
                    self.accounts.pop(next(iter(self.accounts)))
                found = self.accounts.setdefault(handle, found)
        return found
