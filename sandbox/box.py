"""The parts of one running sandbox, together: `current_app.extensions["sandbox"]`."""

from datetime import UTC, date, datetime
from hashlib import blake2b
from time import time
from typing import cast
from urllib.parse import urlsplit

from flask import current_app

from sandbox.calendar import DAY
from sandbox.faults import Faults
from sandbox.log import Log
from sandbox.quota import Quota
from sandbox.settings import Settings
from sandbox.tokens import ACCESS, REFRESH, Ledger, Sealer, Ticket, new_grant
from sandbox.world import World, magic

EPOCH = date(1970, 1, 1)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
LOCAL = ("localhost", "127.0.0.1", "::1")
VIDEO_SCOPE = "video.list"


class Box:
    """Settings, clock, world and memory of one sandbox."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.offset = settings.clock_offset
        self.ledger = Ledger(settings.data_dir)
        self.sealer = Sealer(settings.client_secret + settings.seed)
        self.quota = Quota(settings.quota, settings.window_seconds)
        self.faults = Faults()
        self.log = Log()
        day = settings.anchor or self.ledger.keep_anchor(datetime.now(UTC).date().isoformat())
        anchor = (date.fromisoformat(day) - EPOCH).days * DAY
        self.world = World(settings.seed, anchor, settings.videos, settings.new_videos)

    def now(self) -> float:
        """The sandbox's present: real time plus the clock offset, in Unix seconds."""
        return time() + self.offset

    def open_id(self, handle: str) -> str:
        """38 characters, stable per app and account."""
        digest = blake2b(f"{self.settings.client_key}|{handle}".encode(), digest_size=34).digest()
        return "-000" + "".join(LETTERS[byte & 63] for byte in digest)

    def may_return_to(self, address: str) -> bool:
        """Whether a redirect_uri is registered; without a list any on this machine is."""
        if self.settings.redirect_uris:
            return address in self.settings.redirect_uris
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and parts.hostname in LOCAL and not parts.fragment

    def consent(self, handle: str, scopes: tuple[str, ...]) -> Ticket:
        """A new consent of an account's owner: what its first tokens carry."""
        words = magic(handle)
        if "noscope" in words or "novideo" in words:
            scopes = tuple(scope for scope in scopes if scope != VIDEO_SCOPE)
        floor = self.ledger.removed.get(handle, 0.0) + 0.001
        return Ticket(handle, scopes, 0, 0.0, max(self.now(), floor), new_grant())

    def pair(self, consent: Ticket, issue: int = 0) -> dict[str, object]:
        """The reply of the token endpoint for one issue of a consent, keys in TikTok's order."""
        now, settings = self.now(), self.settings
        seconds = settings.access_seconds
        if issue == 0 and "expired" in magic(consent.handle):
            seconds = 0
        started = now if settings.refresh_restarts else consent.consented
        end = started + settings.refresh_seconds

        def token(kind: bytes, expires: float) -> str:
            ticket = Ticket(
                consent.handle, consent.scopes, issue, expires, consent.consented, consent.grant
            )
            return self.sealer.write(kind, ticket)

        return {
            "access_token": token(ACCESS, now + seconds),
            "expires_in": seconds,
            "open_id": self.open_id(consent.handle),
            "refresh_expires_in": max(0, int(end - now)),
            "refresh_token": token(REFRESH, end),
            "scope": consent.scope,
            "token_type": "Bearer",
        }


def the_box() -> Box:
    """The box of the app that serves this request."""
    return cast(Box, current_app.extensions["sandbox"])
