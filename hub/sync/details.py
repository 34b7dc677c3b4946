"""What is inside a run: causes, stores, steps; beside it the log and this minute's calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, func, literal, or_, select
from sqlalchemy.engine import Row

from hub import jobs
from hub.access import settings
from hub.db import db, reading
from hub.listing import Listing
from hub.stores.models import Store, StoreAccount
from hub.sync import causes, logs
from hub.sync import runs as verbs
from hub.sync.board import RunView
from hub.sync.lanes import ENDPOINTS, TOKEN, lanes
from hub.work import FAILED, LIVE, RUNNING

items = verbs.items
MANY = 5  # stores named for a cause; the others are counted


@dataclass(frozen=True)
class Group:
    """Stores of a run with one cause. `trying`: not failed yet, Hub tries again by itself."""

    word: str
    trying: bool
    failed: int
    count: int
    stores: list[Row[Any]]

    @property
    def words(self) -> causes.Cause:
        return causes.describe(self.word)

    @property
    def told(self) -> list[Row[Any]]:
        """Stores for which TikTok said something."""
        return [store for store in self.stores if store.detail]


# A permission is named by the part it is for: "missing_scope:video".
VARIANT = case(
    (
        and_(items.c.cause == "missing_scope", items.c.user_state == "success"),
        literal("missing_scope:video"),
    ),
    (
        and_(items.c.cause == "missing_scope", items.c.video_state == "success"),
        literal("missing_scope:user"),
    ),
    else_=items.c.cause.cast(String),
)


def cause_groups(run_id: int) -> list[Group]:
    """Why stores failed, were left out in part, or are tried again; failures first."""
    trying = and_(items.c.state == RUNNING, items.c.trying_again)
    kind = [VARIANT, trying]
    ranked = (
        select(
            VARIANT.label("word"),
            trying.label("trying"),
            items.c.detail,
            items.c.finished_at,
            items.c.state,
            Store.store_code,
            Store.store_name,
            func.count().over(partition_by=kind).label("number"),
            func.sum(case((items.c.state == FAILED, 1), else_=0))
            .over(partition_by=kind)
            .label("failed"),
            func.row_number().over(partition_by=kind, order_by=items.c.id).label("place"),
        )
        .join(Store, Store.id == items.c.store_id)
        .where(
            items.c.run_id == run_id,
            items.c.cause.is_not(None),
            or_(items.c.state.not_in(LIVE), trying),
        )
        .subquery()
    )
    with reading(), db.engine.connect() as connection:
        rows = connection.execute(
            select(ranked).where(ranked.c.place <= MANY).order_by(ranked.c.place)
        ).all()
    groups: dict[tuple[str, bool], Group] = {}
    for row in rows:
        key = (row.word, bool(row.trying))
        group = groups.setdefault(key, Group(*key, int(row.failed or 0), row.number, []))
        group.stores.append(row)
    return sorted(groups.values(), key=lambda one: (one.trying, -one.failed, -one.count, one.word))


TABS = ("latest", "slowest", "all")


def cause_of(item: Row[Any]) -> str:
    """Why a store failed, was left out in part or is tried again; "" for all is well."""
    if not item.cause or (item.state in LIVE and not item.trying_again):
        return ""
    part = {"user": "video", "video": "user"}
    good = next((name for name in part if getattr(item, f"{name}_state") == "success"), None)
    word = f"{item.cause}:{part[good]}" if good and item.cause == "missing_scope" else item.cause
    return str(causes.describe(word).title)


def list_items(run_id: int, tab: str, rows: Listing) -> list[Row[Any]]:
    """A page of a run's stores; `rows.q` looks into code and name."""
    where = [items.c.run_id == run_id]
    if rows.q:
        where.append(
            or_(
                Store.store_code.icontains(rows.q, autoescape=True),
                Store.store_name.icontains(rows.q, autoescape=True),
            )
        )
    elif tab == "latest":
        where.append(items.c.state.not_in(LIVE))
    elif tab == "slowest":
        where.append(items.c.duration_ms.is_not(None))
    order: dict[str, list[Any]] = {
        "latest": [case((items.c.state == FAILED, 0), else_=1), items.c.finished_at.desc()],
        "slowest": [items.c.duration_ms.desc()],
        "all": [Store.store_code],
    }
    joined = items.join(Store.__table__, Store.id == items.c.store_id)
    with reading(), db.engine.connect() as connection:
        total = connection.execute(select(func.count()).select_from(joined).where(*where)).scalar()
        rows.count(int(total or 0))
        return list(
            connection.execute(
                select(items, Store.store_code, Store.store_name)
                .select_from(joined)
                .where(*where)
                .order_by(*order["all" if rows.q else tab], items.c.id)
                .limit(rows.per_page)
                .offset(rows.offset)
            ).all()
        )


@dataclass(frozen=True)
class Step:
    """A part of a run over all its stores. `pending` have not had it yet."""

    part: str
    total: int
    success: int
    failed: int
    skipped: int
    pending: int
    videos: int | None = None


PART_KEYS = {"refresh_tokens": "refreshed", "user_sync": "successful", "video_sync": "successful"}


def steps(run: RunView) -> list[Step]:
    """Access, account numbers, videos: those that belong to the run's job."""
    with reading(), db.engine.connect() as connection:
        totals = run.row.totals or verbs.totals(connection, run.row.id)
    found = []
    for key, good in PART_KEYS.items():
        if key not in totals:
            continue
        part = totals[key]
        skipped = part.get("skipped", 0)
        pending = run.waiting + run.counts.get(RUNNING, 0)
        found.append(
            Step(key, part["total"], part[good], part["failed"], skipped, pending,
                 part.get("totalVideos"))
        )  # fmt: skip
    return found


def calls() -> list[tuple[str, int | None]]:
    """Calls of the present minute per endpoint; None from the first that Redis does not tell."""
    config = settings()
    paced = lanes(jobs.redis(), config.tiktok_rate_per_minute, config.provider_timeout_seconds + 5)
    found: list[tuple[str, int | None]] = []
    known = True
    for endpoint in (*ENDPOINTS, TOKEN):
        used = paced[endpoint].used() if known else None
        known = used is not None
        found.append((endpoint, used))
    return found


def last_read(codes: Sequence[str]) -> datetime | None:
    """When one of these stores was read last, in whatever run."""
    if not codes:
        return None
    newest = select(func.max(StoreAccount.last_sync_time)).where(StoreAccount.store_code.in_(codes))
    with reading(), db.engine.connect() as connection:
        found: datetime | None = connection.execute(newest).scalar()
    return found


@dataclass(frozen=True)
class LogFilter:
    """What of the log is asked for; empty means all. `codes`: stores that may be seen."""

    q: str = ""
    status: str = ""
    job: str = ""
    run: int | None = None
    codes: Sequence[str] | None = None

    def where(self) -> list[ColumnElement[bool]]:
        line = logs.table.c
        found: list[ColumnElement[bool]] = []
        if self.q:
            named = select(Store.store_code).where(
                Store.store_name.icontains(self.q, autoescape=True)
            )
            code = line.store_code.icontains(self.q, autoescape=True)
            found.append(or_(code, line.store_code.in_(named)))
        found += [line.status == self.status] if self.status else []
        found += [line.job_name == self.job] if self.job else []
        found += [line.run_id == self.run] if self.run is not None else []
        found += [line.store_code.in_(self.codes)] if self.codes is not None else []
        return found


def list_lines(asked: LogFilter, rows: Listing) -> list[Row[Any]]:
    """A page of the sync log with store names, newest first; `rows` learns how many there are."""
    line, where = logs.table.c, asked.where()
    with reading(), db.engine.connect() as connection:
        total = connection.execute(select(func.count(line.id)).where(*where)).scalar()
        rows.count(int(total or 0))
        return list(
            connection.execute(
                select(logs.table, Store.store_name)
                .select_from(
                    logs.table.outerjoin(Store.__table__, Store.store_code == line.store_code)
                )
                .where(*where)
                .order_by(line.run_time.desc(), line.id.desc())
                .limit(rows.per_page)
                .offset(rows.offset)
            ).all()
        )
