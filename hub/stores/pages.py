"""Store pages: the list, one store, its log, the forms. What is done there: `actions.py`."""

from collections import Counter
from typing import Any

from flask import Response, request, url_for

from hub import nav
from hub.access import access, settings
from hub.analytics.figures import stretches
from hub.analytics.store_numbers import RANGES, store_numbers
from hub.clock import day_from
from hub.errors import Conflict, NotFound
from hub.language import person
from hub.listing import Listing, listing
from hub.nav import address
from hub.stores import forms, lines, videos
from hub.stores.actions import blueprint, line_of, to_store
from hub.stores.journal import count_entries, find_item, live_item, read_journal
from hub.stores.lines import Filter, Line
from hub.stores.states import WORDS, due_days
from hub.stores.stores import change_store, create_store, find_store
from hub.stores.tokens import granted
from hub.stores.troubles import words_of
from hub.stores.wording import SCOPE_WORDS
from hub.text import _, lazy_gettext
from hub.users.people import visible_stores
from hub.web import is_htmx, redirect_to, render, toast

nav.add("network", lazy_gettext("Stores"), "stores.list_stores", "store", nav.EVERY_STAFF, order=20)

LOG_LINES, VIDEOS, NIGHTS = 8, 10, 30


@blueprint.get("")
@access("store")
def list_stores() -> Response:
    """The stores a person may see, broken first; all filters live in the address."""
    wanted = read_filter()
    way = "desc" if request.args.get("sort") in lines.MOST_FIRST else "asc"
    page = listing(lines.SORTS, "state", way)
    shown = lines.find_lines(wanted, page)
    return render(
        "stores/stores.html",
        block="stores",
        list=page,
        wanted=wanted,
        shown=shown,
        words_of=words_of,
        newest=day_from(due_days().video),
    )


def read_filter() -> Filter:
    args = request.args
    state = args.get("state", "")
    return Filter(
        visible=visible_stores(person()),
        q=args.get("q", "").strip()[:200],
        state=state if state in WORDS else "",
        tag=args.get("tag", "")[:50],
        cause=args.get("cause", "")[:40],
    )


@blueprint.route("/new", methods=["GET", "POST"])
@access("ops")
def add_store() -> Response:
    """A new store; what is wrong is said beside its field (422)."""
    form = forms.StoreForm()
    if form.validate_on_submit():
        try:
            code = create_store(form.given())
        except Conflict:
            form.store_code.errors = [forms.EXISTS]
        else:
            toast(_("Store added. Send its link to the person in charge next."))
            return redirect_to(url_for("stores.show_store", code=code))
    status = 422 if form.is_submitted() else 200
    return render("stores/new.html", status=status, form=form)


@blueprint.route("/<code>/edit", methods=["GET", "POST"])
@access("ops")
def edit_store(code: str) -> Response:
    line = line_of(code)
    form = forms.ChangeForm.of(find_store(line.code))
    if form.validate_on_submit():
        change_store(line.code, form.given())
        toast(_("Store saved."))
        return redirect_to(url_for("stores.show_store", code=line.code))
    status = 422 if form.is_submitted() else 200
    return render("stores/edit.html", status=status, form=form, line=line)


@blueprint.get("/<code>")
@access("store")
def show_store(code: str) -> Response:
    """One store: its numbers over time, its videos, its health and its log."""
    line = line_of(code, NIGHTS)
    block = "videos" if request.args.get("part") == "videos" else "store"
    days = request.args.get("days", 30, type=int)
    days = days if days in RANGES else 30
    page = listing(videos.SORTS, "gained", "desc", per_page=VIDEOS)
    shown = videos.find_videos(line.row.id, page)
    if block == "videos":
        return render("stores/store.html", block=block, line=line, list=page, videos=shown)
    live = live_item(line.row.id)
    return render(
        "stores/store.html",
        block=block,
        line=line,
        days=days,
        numbers=store_numbers(line, days),
        list=page,
        videos=shown,
        item=live,
        ended=False,
        run_url=address("sync.show_run", run_id=live.run_id) if live else "",
        log=read_journal(line.code, LOG_LINES),
        log_lines=count_entries(line.code),
        **health(line),
    )


def health(line: Line) -> dict[str, Any]:
    """The permissions in words, and the nights: how many of each kind, which are missing."""
    have = granted(line.row.scopes or "")
    wanted = [*settings().scopes, *(scope for scope in have if scope not in settings().scopes)]
    return {
        "permissions": [(scope, permission_word(scope), scope in have) for scope in wanted],
        "nights": Counter(line.nights),
        "missing": stretches(line.missing_stretches),
    }


def permission_word(scope: str) -> str:
    words = str(SCOPE_WORDS.get(scope, scope))
    return words[:1].upper() + words[1:]


@blueprint.get("/<code>/progress/<int:run_id>")
@access("store")
def show_progress(code: str, run_id: int) -> Response:
    """How a sync of this store goes: polls itself while it is live, then fetches the new page."""
    line = line_of(code)
    if not is_htmx():
        return to_store(line.code)
    item = find_item(run_id, line.row.id)
    if item is None:
        raise NotFound("Run not found")
    ended = item.finished_at is not None
    if ended:
        say_outcome(line, item)
    return render(
        "stores/progress.html",
        block="progress",
        line=line,
        item=None if ended else item,
        ended=ended,
        run_url=address("sync.show_run", run_id=run_id),
    )


def say_outcome(line: Line, item: Any) -> None:
    name = line.row.store_name
    if item.state == "done" and not item.cause:
        toast(_("%(store)s is synced.", store=name))
    elif item.state == "cancelled":
        toast(_("The sync of %(store)s was cancelled.", store=name), "info")
    else:
        why = words_of(item.cause or "other").title
        kind = "info" if item.state in ("done", "skipped") else "failed"
        toast(_("%(store)s: %(cause)s", store=name, cause=why), kind)


@blueprint.get("/<code>/log")
@access("store")
def show_log(code: str) -> Response:
    """Every line of a store's log, newest first."""
    line = line_of(code)
    page: Listing = listing(("time",), "time", "desc", per_page=50)
    page.count(count_entries(line.code))
    log = read_journal(line.code, page.per_page, page.offset)
    return render("stores/log.html", block="log", line=line, list=page, log=log)
