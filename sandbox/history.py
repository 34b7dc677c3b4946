"""What the world looked like on earlier days, in a shape that a loader can insert fast."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.box import Box
from sandbox.captions import caption, title
from sandbox.fields import SIZES, campaign_of, name_of
from sandbox.world import Account, Video, magic

Instants = list[tuple[str, float]]


def instants(until: datetime, days: int, at: timedelta | None) -> Instants:
    """(day, Unix second) of each of `days` days, oldest first, the last one not after `until`.

    With `at` (time of day in until's zone) it is that time of each calendar day, else the time
    of `until` itself. Days carry the date of until's zone.
    """
    last = until
    if at is not None:
        midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
        last = midnight + at if midnight + at <= until else midnight - timedelta(days=1) + at
    found = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return [(moment.date().isoformat(), moment.astimezone(UTC).timestamp()) for moment in found]


def histories(box: Box, handles: Sequence[str], when: Instants) -> Iterator[dict[str, Any]]:
    """One object per account (unknown ones left out); the shape is in README.md."""
    for handle in handles:
        if "missing" not in magic(handle):
            yield history(box, box.world.account(handle), when)


def history(box: Box, account: Account, when: Instants) -> dict[str, Any]:
    """The numbers of one account at each instant, and of each video while it was public."""
    times = [instant for _, instant in when]
    account.extend(times[-1])
    passed = [account.attention(instant) for instant in times]
    users = [account.counts_at(instant) for instant in times]
    videos = [video_history(account, video, times, passed) for video in account.videos]
    return {
        "handle": account.handle,
        "open_id": box.open_id(account.handle),
        "username": name_of(account),
        "share_query": campaign_of(box),
        "days": [day for day, _ in when],
        "follower_count": [row[0] for row in users],
        "following_count": [row[1] for row in users],
        "likes_count": [row[2] for row in users],
        "video_count": [row[3] for row in users],
        "videos": [row for row in videos if row],
    }


def video_history(
    account: Account, video: Video, times: list[float], passed: list[float]
) -> dict[str, Any] | None:
    """A video's constants, and its counts on the days it was public from place `first` on."""
    first, end = bisect_left(times, video.created), bisect_left(times, video.gone)
    hidden = [account.is_private(instant) for instant in times[first:end]]
    while hidden and hidden[-1]:
        hidden.pop()
    while hidden and hidden[0]:
        first, hidden = first + 1, hidden[1:]
    if not hidden:
        return None
    views = [video.views_at(clock) for clock in passed[first : first + len(hidden)]]
    return {
        "id": video.id,
        "create_time": video.created,
        "video_description": caption(video.bits),
        "title": title(video.bits),
        "duration": 8 + video.shape % 83,
        "width": SIZES[video.shape >> 8 & 3][0],
        "height": SIZES[video.shape >> 8 & 3][1],
        "is_aigc": video.shape >> 10 & 31 == 0,
        "first": first,
        "view_count": veiled(views, hidden),
        "like_count": veiled([int(count * video.likes) for count in views], hidden),
        "comment_count": veiled([int(count * video.comments) for count in views], hidden),
        "share_count": veiled([int(count * video.shares) for count in views], hidden),
    }


def veiled(counts: list[int], hidden: list[bool]) -> list[int | None]:
    """The counts, None on days on which the account was private for a while."""
    if True not in hidden:
        return [*counts]
    return [None if veil else count for count, veil in zip(counts, hidden, strict=True)]


def totals(box: Box, handle: str, instant: float) -> dict[str, Any]:
    """What an account and its public videos add up to at an instant."""
    account = box.world.account(handle)
    passed = account.attention(instant)
    rows = [video.counts_at(passed) for video in account.public(instant)]
    sums = [sum(column) for column in zip(*rows, strict=True)] or [0, 0, 0, 0]
    names = ("follower_count", "following_count", "likes_count", "video_count")
    return {
        **dict(zip(names, account.counts_at(instant), strict=True)),
        "private": account.is_private(instant),
        "videos": len(rows),
        **dict(zip(("views", "likes", "comments", "shares"), sums, strict=True)),
    }
