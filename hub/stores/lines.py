"""The lines of the stores page: state, trouble, numbers, nights; a fixed number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_date
from sqlalchemy import ColumnElement, Row, Subquery, case, func, select, true

from hub.clock import day_from
from hub.db import db
from hub.errors import NotFound
from hub.listing import Listing
from hub.stores.directory import Wish, conditions, rows
from hub.stores.models import NOT_CONNECTED, Store, StoreAccount
from hub.stores.states import FRESH, LATE, NEVER, STOPPED_WORD, WORDS, DueDays, due_days
from hub.stores.stores import NOT_FOUND
from hub.stores.tokens import granted
from hub.stores.troubles import trouble_of, words_of
from hub.sync.causes import LINK, NOBODY, PIC, RETRY, Cause
from hub.sync.models import StoreDaily, StoreLatest
from hub.text import language

SORTS = ("state", "store_name", "followers", "views", "last_sync")
MOST_FIRST = ("followers", "views", "last_sync")
NIGHTS = 14
# the marks of a night (ui.marks): complete, late or in part, missing, before the first numbers
FULL, HALF, MISSING, BEFORE = "fresh", "late", "stopped", "never"


@dataclass(frozen=True)
class Line:
    """A store as a page shows it. `row` has the columns of `stores_of`."""

    row: Row[Any]
    due: DueDays
    nights: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return str(self.row.store_code)

    @property
    def state(self) -> str:
        """The key of `hub.text.STATES`."""
        return "never" if self.row.state == NEVER else str(self.row.state)

    @property
    def connected(self) -> bool:
        return bool(self.row.status != NOT_CONNECTED)

    @property
    def trouble(self) -> Cause | None:
        return words_of(self.row.trouble) if self.row.trouble else None

    @property
    def acts(self) -> str:
        """Who acts: the PIC's name, or a role; empty where nothing is wrong."""
        if self.trouble is None:
            return ""
        return str(self.row.pic_name if self.trouble.actor == PIC else self.trouble.who)

    @property
    def waits_for_nobody(self) -> bool:
        return self.trouble is not None and self.trouble.actor == NOBODY

    @property
    def helps(self) -> str:
        """`link`, `retry`, `look` or nothing: the one button."""
        return self.trouble.helps if self.trouble else ""

    @property
    def can_sync(self) -> bool:
        """Whether a sync can bring numbers: never where access has expired."""
        usable = self.row.state in (FRESH, LATE) or self.helps == RETRY
        return usable and not (self.helps == LINK and self.row.state != FRESH)

    def day(self, number: int) -> str:
        """A day number as people read it: 23 Nov."""
        return str(format_date(day_from(number), "d MMM", locale=language()))

    @property
    def missing_nights(self) -> int:
        return self.nights.count(MISSING)

    @property
    def missing_stretches(self) -> list[tuple[int, int]]:
        """Missing nights as first and last day numbers."""
        first = max(self.due.user, self.due.video) - len(self.nights) + 1
        found: list[tuple[int, int]] = []
        for day, kind in enumerate(self.nights, first):
            if kind != MISSING:
                continue
            if found and found[-1][1] == day - 1:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found

    @property
    def views_are_new(self) -> bool:
        return bool(self.row.video_day is not None and self.row.video_day >= self.due.video)

    @property
    def views_change(self) -> float | None:
        """Views of 7 days against the 7 before, as a share of 1."""
        now_has, before = self.row.views_w, self.row.views_pw
        return now_has / before - 1 if now_has is not None and before else None


@dataclass(frozen=True)
class Shown:
    """A page of lines, and how many there are in each state and of each trouble."""

    lines: list[Line]
    states: dict[str, int]
    troubles: dict[str, int]
    tags: list[str]
    everybody: int  # of all stores that this person may see


@dataclass(frozen=True)
class Filter:
    """What the address asks for; whatever makes no sense is left out."""

    visible: ColumnElement[bool]
    q: str = ""
    state: str = ""
    tag: str = ""
    cause: str = ""

    @property
    def any(self) -> bool:
        return bool(self.q or self.state or self.tag or self.cause)


def rank(state: ColumnElement[str], trouble: ColumnElement[Any]) -> ColumnElement[int]:
    """Broken first."""
    order = {STOPPED_WORD: 0, LATE: 1, NEVER: 2}
    return case(
        *((state == word, place) for word, place in order.items()),
        (trouble.is_not(None), 3),
        else_=4,
    )


def stores_of(wish: Wish, due: DueDays) -> Subquery:
    """Every store of a wish with its state, trouble and newest numbers."""
    first = select(func.min(StoreDaily.day)).where(StoreDaily.store_id == Store.id)
    return (
        rows(due)
        .add_columns(
            trouble_of(due).label("trouble"),
            StoreLatest.views_w,
            StoreLatest.views_pw,
            StoreLatest.followers_w,
            StoreLatest.total_likes,
            StoreLatest.total_comments,
            StoreLatest.total_shares,
            StoreLatest.user_synced_at,
            StoreLatest.video_synced_at,
            StoreAccount.refresh_token_expires_at,
            StoreAccount.connected_by,
            StoreAccount.username,
            StoreAccount.cause_detail,
            first.correlate(Store).scalar_subquery().label("first_day"),
        )
        .where(*conditions(wish, due))
        .subquery()
    )


def find_lines(wanted: Filter, page: Listing) -> Shown:
    """The page of a filter; sets the listing's total. Four queries, whatever the number."""
    due = due_days()
    base = stores_of(Wish(q=wanted.q, tag=wanted.tag, visible=wanted.visible), due)
    counted = db.session.execute(
        select(base.c.state, base.c.trouble, func.count()).group_by(base.c.state, base.c.trouble)
    ).all()
    states, troubles = Counter[str](), Counter[str]()
    for state, trouble, number in counted:
        if not wanted.cause or trouble == wanted.cause:
            states[state] += number
        if trouble:
            troubles[trouble] += number
    page.count(states[wanted.state] if wanted.state else states.total())
    found = db.session.execute(ordered(base, wanted, page)).all()
    nights = read_nights(found, due, NIGHTS)
    lines = [Line(row, due, nights[row.id]) for row in found]
    tags, everybody = read_tags(wanted.visible)
    return Shown(lines, dict(states), dict(troubles), tags, everybody)


def ordered(base: Subquery, wanted: Filter, page: Listing) -> Any:
    query = select(base)
    if wanted.state:
        query = query.where(base.c.state == wanted.state)
    if wanted.cause:
        query = query.where(base.c.trouble == wanted.cause)
    name = func.lower(base.c.store_name)
    by = {
        "state": rank(base.c.state, base.c.trouble),
        "store_name": name,
        "followers": base.c.followers,
        "views": base.c.views_w,
        "last_sync": base.c.last_sync_time,
    }[page.sort]
    way = by.desc() if page.order == "desc" else by.asc()
    then = [base.c.trouble.asc().nulls_last(), base.c.followers.desc().nulls_last()]
    query = query.order_by(way.nulls_last(), *(then if page.sort == "state" else []), name)
    return query.limit(page.per_page).offset(page.offset)


def read_tags(visible: ColumnElement[bool]) -> tuple[list[str], int]:
    """Every tag that is in use, and how many stores there are."""
    if db.engine.dialect.name == "sqlite":
        each = func.json_each(Store.tags).table_valued("value")
    else:
        each = func.jsonb_array_elements_text(Store.tags).table_valued("value")
    there = (visible, Store.archived_at.is_(None))
    tags = select(each.c.value).select_from(Store).join(each, true()).where(*there).distinct()
    total = db.session.scalar(select(func.count(Store.id)).where(*there)) or 0
    return sorted((str(tag) for tag in db.session.scalars(tags)), key=str.lower), total


def read_nights(stores: Sequence[Row[Any]], due: DueDays, count: int) -> dict[int, list[str]]:
    """The marks of the last `count` nights by store id, oldest first; one query."""
    last = max(due.user, due.video)
    first = last - count + 1
    found: dict[int, dict[int, Any]] = {row.id: {} for row in stores}
    read = select(
        StoreDaily.store_id, StoreDaily.day, StoreDaily.followers, StoreDaily.total_views
    ).where(StoreDaily.store_id.in_(list(found)), StoreDaily.day.between(first, last))
    for night in db.session.execute(read):
        found[night.store_id][night.day] = night
    return {
        row.id: [
            mark(row, found[row.id].get(day), day, day == last) for day in range(first, last + 1)
        ]
        for row in stores
    }


def mark(row: Row[Any], night: Any, day: int, waits: bool) -> str:
    """What came in a night; a part that was never allowed is not missed.

    `waits`: the newest night, which a late store may still get.
    """
    if row.first_day is None or day < row.first_day:
        return BEFORE
    if night is None:
        return HALF if waits and row.state == LATE else MISSING
    scopes = granted(row.scopes or "")
    videos = "video.list" in scopes or not scopes
    user = "user.info.stats" in scopes or not scopes
    got = [night.followers is not None] * user + [night.total_views is not None] * videos
    return FULL if all(got) else HALF if any(got) else MISSING


def find_line(visible: ColumnElement[bool], code: str, nights: int = 30) -> Line:
    """One store that this person may see. Raises `NotFound`."""
    due = due_days()
    same = func.lower(Store.store_code) == code.lower()
    base = stores_of(Wish(visible=visible & same), due)
    row = db.session.execute(select(base)).first()
    if row is None:
        raise NotFound(NOT_FOUND, code="STORE_NOT_FOUND")
    return Line(row, due, read_nights([row], due, nights)[row.id])


def all_lines(visible: ColumnElement[bool]) -> list[Line]:
    """Every store, broken first: what the overview counts. One query."""
    due = due_days()
    base = stores_of(Wish(visible=visible), due)
    order = (rank(base.c.state, base.c.trouble), base.c.trouble, func.lower(base.c.store_name))
    return [Line(row, due) for row in db.session.execute(select(base).order_by(*order))]


def pick(
    visible: ColumnElement[bool], codes: Sequence[str], cause: str = "", state: str = ""
) -> list[Line]:
    """The stores that a form means: ticked ones, or all of a trouble or of a state."""
    if not (codes or cause or state in WORDS):
        return []
    wanted = {code.lower() for code in codes}
    return [
        line
        for line in all_lines(visible)
        if line.code.lower() in wanted
        or (cause and line.row.trouble == cause)
        or (state and line.row.state == state)
    ]
