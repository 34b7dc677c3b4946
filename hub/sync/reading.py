"""Reading one store from TikTok: its account and its videos, without writing anything.

From the second day the ids are known: page 1 of video/list for what is new goes side by side
with video/query in twenties for the rest (performance.md §4). Once a week, and on the first
day, the whole list is read, so that a video that comes back is found again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Row

from hub.bulk import Prepared
from hub.db import db, reading
from hub.errors import ProviderError
from hub.oauth import Tokens
from hub.providers.tiktok import PAGE, TikTok, TikTokUser, TikTokVideo
from hub.stores.tokens import Access, fresh_access, granted
from hub.sync.calls import Caller
from hub.sync.lanes import LIST, QUERY, TOKEN, USER
from hub.sync.models import Video

Result = TypeVar("Result")
MOST_PAGES = 500  # 10,000 videos: a list longer than that is a cursor that runs in circles
WHOLE_LIST_EVERY = 7


KNOWN_IDS = Prepared(
    select(Video.video_id)
    .where(Video.store_id == bindparam("store"), Video.removed_at.is_(None))
    .order_by(Video.created_time.desc(), Video.id.desc())
)


@dataclass
class SeenVideos:
    """All videos that are there now, and ids that were asked for and are gone."""

    videos: list[TikTokVideo] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


class StoreReader:
    """One store's account during one item. Calls are paced and retried by `caller`."""

    def __init__(
        self,
        tiktok: TikTok,
        caller: Caller,
        account: Row[Any],
        side: Executor,
        on_retry: Callable[[ProviderError], None] | None = None,
    ) -> None:
        self.tiktok, self.caller, self.account, self.side = tiktok, caller, account, side
        self.on_retry = on_retry
        self.scopes = granted(account.scopes)
        self.access: Access | None = None

    def renew(self, until: Any = None, avoid: str | None = None) -> Access:
        """Hold a token that lives past `until` and is not `avoid`."""
        self.access = fresh_access(self.account.account_id, self.refresh, avoid=avoid, until=until)
        return self.access

    def refresh(self, old: str, hold: Callable[[], None]) -> Tokens:
        """The call that turns the pair; `hold` prolongs the lease right before it is sent."""

        def send() -> Tokens:
            hold()
            return self.tiktok.refresh(old)

        return self.caller.call(TOKEN, send, self.on_retry)

    def ask(self, endpoint: str, send: Callable[[str], Result]) -> Result:
        """A call with the access token; one that is refused is renewed once and tried again."""
        access = self.access or self.renew()
        try:
            return self.caller.call(endpoint, lambda: send(access.token), self.on_retry)
        except ProviderError as error:
            if error.cause != "access_token_invalid":
                raise
        again = self.renew(avoid=access.token)
        try:
            return self.caller.call(endpoint, lambda: send(again.token), self.on_retry)
        except ProviderError as error:
            if error.cause != "access_token_invalid":
                raise
            raise ProviderError(
                "access_expired", error.message, permanent=True, detail=error.detail
            ) from None

    def user(self) -> TikTokUser:
        user = self.ask(USER, lambda token: self.tiktok.user_info(token, self.scopes))
        if user.open_id != self.account.account_identifier:
            raise ProviderError(
                "bad_response", "TikTok answered for another account", permanent=True
            )
        return user

    def videos(self, day: int) -> SeenVideos:
        known = self.known_ids()
        whole = not known or (day + self.account.store_id) % WHOLE_LIST_EVERY == 0
        return self.by_list(known) if whole else self.by_list_and_query(known)

    def known_ids(self) -> list[str]:
        """Ids of videos that were there last time, newest first."""
        with reading(), db.engine.connect() as connection:
            rows = KNOWN_IDS.rows(connection, store=self.account.store_id)
        return [name for (name,) in rows]

    def by_list(self, known: Sequence[str]) -> SeenVideos:
        found = {video.id: video for video in self.pages(lambda page: True)}
        return self.settle(found, [one for one in known if one not in found])

    def by_list_and_query(self, known: Sequence[str]) -> SeenVideos:
        """Page 1 should hold the newest twenty; the others are asked for meanwhile."""
        asked = [self.query_later(ids) for ids in chunks(known[PAGE:])]
        old = set(known)
        listed = self.pages(lambda page: not any(video.id in old for video in page))
        found = {video.id: video for video in listed}
        for answer in asked:
            found |= {video.id: video for video in answer.result()}
        return self.settle(found, [one for one in known[:PAGE] if one not in found], set(known))

    def settle(
        self, found: dict[str, TikTokVideo], unseen: Sequence[str], known: set[str] | None = None
    ) -> SeenVideos:
        """Ask for ids the list did not give before calling them gone."""
        answers = [self.query_later(ids) for ids in chunks(unseen)]
        for answer in answers:
            found |= {video.id: video for video in answer.result()}
        before = known if known is not None else set(unseen)
        if before and not found:
            raise ProviderError(
                "account_private", "No video is visible any more: the account is private or empty",
                permanent=True,
            )  # fmt: skip
        return SeenVideos(list(found.values()), [one for one in before if one not in found])

    def query_later(self, ids: Sequence[str]) -> "Future[list[TikTokVideo]]":
        def send(token: str) -> list[TikTokVideo]:
            return self.tiktok.video_query(token, ids)

        return self.side.submit(lambda: self.ask(QUERY, send))

    def pages(self, go_on: Callable[[Sequence[TikTokVideo]], bool]) -> list[TikTokVideo]:
        """Pages of video/list, newest first, while `go_on` says so and the cursor moves."""
        found: list[TikTokVideo] = []
        cursor: int | None = None
        for _ in range(MOST_PAGES):
            at = cursor
            page = self.ask(LIST, lambda token, at=at: self.tiktok.video_list(token, at))  # type: ignore[misc]
            found += page.videos
            if not page.has_more or not go_on(page.videos):
                return found
            if page.cursor is None or (cursor is not None and page.cursor >= cursor):
                raise ProviderError(
                    "bad_response", "TikTok's list of videos does not move on", permanent=True
                )
            cursor = page.cursor
        raise ProviderError("bad_response", "TikTok's list of videos has no end", permanent=True)


def chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[at : at + PAGE] for at in range(0, len(ids), PAGE)]
