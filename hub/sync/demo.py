"""`flask demo load`: people, stores and their history out of the sandbox's world.

Goes through the same tables, seals and rollups as everything else; run again it adds nothing.
"""

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from hub.access import settings
from hub.bulk import upsert
from hub.clock import day_number, now
from hub.db import begin, db, table_of
from hub.errors import HubError
from hub.http import CallFailed, Exit
from hub.providers.tiktok import read_tokens
from hub.stores.models import CONNECTED, Store, StoreAccount
from hub.stores.sealing import ACCOUNTS, sealed
from hub.sync import rollups
from hub.sync.models import StoreDaily, UserDaily, Video, VideoDaily
from hub.sync.shops import Shop, shop
from hub.users.models import User
from hub.users.people import create_user

AT_A_TIME = 20
STATS_ONLY = ["user.info.basic", "user.info.stats"]
STOPPED_DAYS = 3


class Sandbox:
    """The control side of the sandbox: its world's past, and grants without a consent page."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.exit = Exit(timeout=120, max_bytes=400 * 1024 * 1024)

    def post(self, path: str, body: bytes, kind: str) -> bytes:
        try:
            answer = self.exit.call(
                "POST", self.url + path, data=body, headers={"Content-Type": kind}
            )
        except CallFailed as failed:
            raise HubError(f"the sandbox did not answer: {failed}") from None
        if answer.status != 200:
            raise HubError(f"the sandbox answered {answer.status} to {path}")
        return answer.body

    def grants(self, shops: Sequence[Shop]) -> dict[str, dict[str, Any]]:
        wanted = {
            one.handle: STATS_ONLY if one.wrong == "novideo" else list(settings().scopes)
            for one in shops
        }
        body = orjson.dumps({"handles": wanted})
        answer = orjson.loads(self.post("/_world/grants", body, "application/json"))
        return {grant["handle"]: grant for grant in answer["grants"]}

    def history(
        self, shops: Sequence[Shop], days: int, until: datetime
    ) -> Iterator[dict[str, Any]]:
        form = {
            "handles": ",".join(one.handle for one in shops),
            "days": str(days),
            "until": until.isoformat(),
        }
        body = self.post(
            "/_world/history", urlencode(form).encode(), "application/x-www-form-urlencoded"
        )
        for line in body.splitlines():
            yield orjson.loads(line)

    def take_away(self, handle: str) -> None:
        self.post("/_world/remove", orjson.dumps({"handle": handle}), "application/json")


def load(sandbox_url: str, stores: int, days: int) -> dict[str, Any]:
    """Fill an empty (or half-filled) database; what `demo.json` holds."""
    sandbox = Sandbox(sandbox_url)
    shops = [shop(at) for at in range(stores)]
    ids = add_stores(shops)
    fresh = [one for one in shops if one.connected and not has_account(one.code)]
    # A day before now: the real sync that follows continues the curves with a day like the others.
    until = (now() - timedelta(days=1)).astimezone(ZoneInfo(settings().tz)).replace(microsecond=0)
    for part in chunks(fresh):
        load_part(sandbox, part, ids, days, until)
    with begin() as connection:
        for day in rollups.all_days(connection):
            rollups.recompute_day_total(connection, day)
    return write_demo_file(sandbox_url, add_people(shops))


def chunks(shops: Sequence[Shop]) -> Iterable[Sequence[Shop]]:
    return (shops[at : at + AT_A_TIME] for at in range(0, len(shops), AT_A_TIME))


def add_stores(shops: Sequence[Shop]) -> dict[str, int]:
    """Stores that are missing; code → id."""
    made = now() - timedelta(days=120)
    rows = [
        {"store_code": one.code, "store_name": one.name, "pic_name": one.pic,
         "pic_contact": one.contact, "tags": list(one.tags), "created_at": made,
         "updated_at": made}
        for one in shops
    ]  # fmt: skip
    with begin() as connection:
        upsert(connection, table_of(Store), rows, key=("store_code",), update=())
        found = connection.execute(select(Store.store_code, Store.id))
        return {row.store_code: row.id for row in found}


def has_account(code: str) -> bool:
    with begin() as connection:
        there = select(func.count()).where(StoreAccount.store_code == code)
        return bool(connection.execute(there).scalar())


def load_part(
    sandbox: Sandbox, shops: Sequence[Shop], ids: dict[str, int], days: int, until: datetime
) -> None:
    """A few stores whole, in one transaction: account, facts, rollups."""
    grants = sandbox.grants(shops)
    pasts = {past["handle"]: past for past in sandbox.history(shops, days, until)}
    with begin() as connection:
        for one in shops:
            if (grant := grants.get(one.handle)) is None:
                continue
            add_account(connection, one, grant)
            if past := pasts.get(one.handle):
                add_history(connection, one, ids[one.code], past, until)
                rollups.rebuild_store(connection, ids[one.code])
    for one in shops:
        if one.wrong == "revoked":
            sandbox.take_away(one.handle)


def add_account(connection: Connection, one: Shop, grant: dict[str, Any]) -> None:
    tokens = read_tokens(grant)
    connected = now() - timedelta(days=100)
    account_id = connection.execute(
        insert(table_of(StoreAccount))
        .values(
            store_code=one.code, platform="tiktok", account_identifier=tokens.account_id,
            status=CONNECTED, connected_at=connected, created_at=connected, updated_at=connected,
            scopes=",".join(tokens.scopes), status_since=connected, refresh_fence=0,
            failed_nights=0, connected_by=one.pic,
        )
        .returning(StoreAccount.id)
    ).scalar_one()  # fmt: skip
    connection.execute(
        table_of(StoreAccount)
        .update()
        .where(StoreAccount.id == account_id)
        .values(**sealed(ACCOUNTS, account_id, tokens))
    )


def add_history(
    connection: Connection, one: Shop, store_id: int, past: dict[str, Any], until: datetime
) -> None:
    skipped = missing_days(one, len(past["days"]))
    moments = [
        until - timedelta(days=len(past["days"]) - 1 - at) for at in range(len(past["days"]))
    ]
    add_user_days(connection, one, past, moments, skipped)
    if one.wrong != "novideo":
        add_video_days(connection, store_id, past, moments, skipped)
    rows = [
        {"store_id": store_id, "day": day_number(moment.date()), "created_at": moment}
        for at, moment in enumerate(moments)
        if at not in skipped
    ]
    upsert(connection, table_of(StoreDaily), rows, key=("store_id", "day"), update=())


def missing_days(one: Shop, days: int) -> set[int]:
    """Days that were not read: a stopped store lacks its last ones, two others have a gap."""
    if one.wrong == "revoked":
        return set(range(days - STOPPED_DAYS, days))
    if one.wrong == "gap":
        return {days - 15, days - 16}
    return set()


def add_user_days(
    connection: Connection, one: Shop, past: dict[str, Any], moments: list[datetime],
    skipped: set[int],
) -> None:  # fmt: skip
    counts = ("follower_count", "following_count", "likes_count", "video_count")
    rows = [
        {"store_code": one.code, "snapshot_date": moment.date(), "display_name": one.name,
         "avatar_url": None, "created_at": moment, **{name: past[name][at] for name in counts}}
        for at, moment in enumerate(moments)
        if at not in skipped
    ]  # fmt: skip
    upsert(connection, table_of(UserDaily), rows, key=("store_code", "snapshot_date"))


def add_video_days(
    connection: Connection, store_id: int, past: dict[str, Any], moments: list[datetime],
    skipped: set[int],
) -> None:  # fmt: skip
    videos = [video for video in past["videos"] if video["view_count"]]
    ids = add_videos(connection, store_id, past, videos, moments)
    days = [day_number(moment.date()) for moment in moments]
    names = ("view_count", "like_count", "comment_count", "share_count")
    rows = [
        dict(zip(names, counts, strict=True), store_id=store_id, day=days[video["first"] + at],
             video_id=ids[video["id"]])
        for video in videos
        for at, counts in enumerate(zip(*(video[name] for name in names), strict=True))
        if counts[0] is not None and video["first"] + at not in skipped
    ]  # fmt: skip
    rows.sort(key=lambda row: (row["day"], row["video_id"]))
    upsert(connection, table_of(VideoDaily), rows, key=("store_id", "day", "video_id"))


def add_videos(
    connection: Connection, store_id: int, past: dict[str, Any], videos: list[dict[str, Any]],
    moments: list[datetime],
) -> dict[str, int]:  # fmt: skip
    base = f"https://www.tiktok.com/@{past['username']}/video/"
    last = len(moments)
    rows = [
        {"store_id": store_id, "video_id": video["id"], "caption": video["video_description"],
         "created_time": datetime.fromtimestamp(video["create_time"], UTC),
         "duration": video["duration"], "cover_url": None, "cover_fetched_at": None,
         "share_url": f"{base}{video['id']}?{past['share_query']}",
         "first_seen": day_number(moments[video["first"]].date()),
         "removed_at": None if (end := video["first"] + len(video["view_count"])) >= last
         else moments[end]}
        for video in videos
    ]  # fmt: skip
    upsert(connection, table_of(Video), rows, key=("store_id", "video_id"), update=())
    found = select(Video.video_id, Video.id).where(Video.store_id == store_id)
    return {row.video_id: row.id for row in connection.execute(found)}


CAST = {
    "admin": ("ana@example.com", "admin", "Ana Pratiwi"),
    "ops": ("omar@example.com", "ops", "Omar Hakim"),
    "store": ("sari@example.com", "store", "Sari Anggraini"),
    "influencer": ("mira@example.com", "influencer", "Mira Lestari"),
}


def add_people(shops: Sequence[Shop]) -> dict[str, dict[str, str]]:
    """The cast with a password each; people who are there already keep theirs."""
    kept = read_demo_file()
    people: dict[str, dict[str, str]] = {}
    own = next((one.code for one in shops if not one.wrong), shops[0].code)
    for word, (email, role, name) in CAST.items():
        there = db.session.scalar(select(User.id).where(User.email == email))
        if there and word in kept:
            people[word] = kept[word]
            continue
        password = secrets.token_urlsafe(9)
        if there is None:
            stores = [own] if role == "store" else []
            create_user(email, role, name=name, stores=stores, password=password)
        people[word] = {"email": email, "password": password}
    db.session.commit()
    people["store"]["store_code"] = own
    return people


def demo_file() -> Any:
    return settings().hub_data_dir / "demo.json"


def read_demo_file() -> dict[str, Any]:
    path = demo_file()
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_demo_file(sandbox_url: str, people: dict[str, dict[str, str]]) -> dict[str, Any]:
    config = settings()
    found = {
        "base_url": config.public_url,
        "sandbox_url": sandbox_url,
        "admin_api_key": config.admin_api_key,
        **people,
    }
    draft = demo_file().with_suffix(".tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(found, file, indent=2)
    draft.replace(demo_file())
    return found
