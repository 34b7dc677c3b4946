"""The fields of the Display API (providers.md B.2, B.5): which scope each needs, how it is made."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from flask import request

from sandbox.box import Box
from sandbox.captions import caption, shop_name, title
from sandbox.tokens import Ticket
from sandbox.world import Account, Video

BASIC, PROFILE, STATS, VIDEOS = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
)
HOUR = 3600
COVER_HOURS = 6
AVATAR_HOURS = 48
SIZES = ((576, 1024), (720, 1280), (1080, 1920), (576, 1024))


class Sight(NamedTuple):
    """One look at the world: who, when, and the account's attention at that instant."""

    box: Box
    ticket: Ticket
    account: Account
    instant: float
    passed: float

    def signed(self, kind: str, key: str, hours: int) -> str:
        """An image address that dies; it stays the same for an hour."""
        expires = int(self.instant) // HOUR * HOUR + hours * HOUR
        path = f"/tos-alisg-{kind}-0068/{key}.png"
        return f"{request.host_url}_cdn{path}?{signature(self.box, path, expires)}"


def signature(box: Box, path: str, expires: int) -> str:
    """`x-expires=…&x-signature=…` of an image path."""
    raw = blake2b(f"{path}|{expires}".encode(), key=box.sealer.key, digest_size=21).digest()
    return f"x-expires={expires}&x-signature={urlsafe_b64encode(raw).decode()}"


def name_of(account: Account) -> str:
    return account.handle.replace("-", "_")


def avatar(sight: Sight, size: int) -> str:
    return sight.signed("avt", f"{account_key(sight.account)}~{size}x{size}", AVATAR_HOURS)


def account_key(account: Account) -> str:
    return f"{account.bits[11]:08x}{account.bits[12]:08x}"


def union_id(account: Account) -> str:
    number = sum(part << 32 * place for place, part in enumerate(account.bits[11:15]))
    return str(UUID(int=number, version=4))


USER_FIELDS: dict[str, tuple[str, Callable[[Sight], object]]] = {
    "open_id": (BASIC, lambda sight: sight.box.open_id(sight.account.handle)),
    "union_id": (BASIC, lambda sight: union_id(sight.account)),
    "avatar_url": (BASIC, lambda sight: avatar(sight, 168)),
    "avatar_url_100": (BASIC, lambda sight: avatar(sight, 100)),
    "avatar_large_url": (BASIC, lambda sight: avatar(sight, 720)),
    "display_name": (
        BASIC,
        lambda sight: shop_name(sight.account.handle, sight.account.bits[15]),
    ),
    "bio_description": (PROFILE, lambda sight: caption(sight.account.bits[14])[:80]),
    "profile_deep_link": (
        PROFILE,
        lambda sight: f"https://vm.tiktok.com/{account_key(sight.account)[:9]}/",
    ),
    "is_verified": (PROFILE, lambda sight: sight.account.bits[13] % 12 == 0),
    "username": (PROFILE, lambda sight: name_of(sight.account)),
    "follower_count": (STATS, lambda sight: 0),
    "following_count": (STATS, lambda sight: 0),
    "likes_count": (STATS, lambda sight: 0),
    "video_count": (STATS, lambda sight: 0),
}
USER_COUNTS = ("follower_count", "following_count", "likes_count", "video_count")
VIDEO_COUNTS = ("view_count", "like_count", "comment_count", "share_count")


def campaign_of(box: Box) -> str:
    return f"utm_campaign=tt4d_open_api&utm_source={box.settings.client_key}"


def player(sight: Sight, video: Video) -> str:
    return f"https://www.tiktok.com/player/v1/{video.id}?{campaign_of(sight.box)}"


VIDEO_FIELDS: dict[str, Callable[[Sight, Video], object]] = {
    "id": lambda sight, video: video.id,
    "create_time": lambda sight, video: video.created,
    "cover_image_url": lambda sight, video: sight.signed("p", f"{video.id}", COVER_HOURS),
    "share_url": lambda sight, video: (
        f"https://www.tiktok.com/@{name_of(sight.account)}/video/{video.id}?{campaign_of(sight.box)}"
    ),
    "video_description": lambda sight, video: caption(video.bits),
    "title": lambda sight, video: title(video.bits),
    "duration": lambda sight, video: 8 + video.shape % 83,
    "height": lambda sight, video: SIZES[video.shape >> 8 & 3][1],
    "width": lambda sight, video: SIZES[video.shape >> 8 & 3][0],
    "embed_html": lambda sight, video: (
        f'<iframe src="{player(sight, video)}" width="325" height="580" allowfullscreen></iframe>'
    ),
    "embed_link": player,
    "like_count": lambda sight, video: 0,
    "comment_count": lambda sight, video: 0,
    "share_count": lambda sight, video: 0,
    "view_count": lambda sight, video: 0,
    "is_aigc": lambda sight, video: video.shape >> 10 & 31 == 0,
}
