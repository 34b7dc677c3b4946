"""The sync pages: what runs now and ran before, one run in the making, the log."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select

from hub import nav
from hub.access import access, settings
from hub.clock import now
from hub.db import db, reading
from hub.errors import Forbidden, Invalid, NotFound
from hub.language import person
from hub.listing import listing
from hub.stores.models import Store
from hub.sync import board, details, runs, wording
from hub.sync.models import JOBS, SyncRun
from hub.sync.timetable import Line, timetable
from hub.text import _, lazy_gettext
from hub.users.audit import actor, record
from hub.users.people import visible_stores
from hub.web import redirect_to, render, toast, wants_fragment

blueprint = Blueprint("sync", __name__)
nav.add("network", lazy_gettext("Sync"), "sync.show_sync", "sync", nav.EVERY_STAFF, order=30)

SHOWN_LIVE = 3  # panels of live runs on the first page; further ones are counted


def is_staff() -> bool:
    return person().role in nav.STAFF


def own_stores() -> list[tuple[str, str]]:
    """Code and name of the stores a person in charge sees."""
    wanted = select(Store.store_code, Store.store_name).where(
        visible_stores(person()), Store.archived_at.is_(None)
    )
    with reading(), db.engine.connect() as connection:
        return [(row.store_code, row.store_name)
                for row in connection.execute(wanted.order_by(Store.store_name))]  # fmt: skip


def seen_codes() -> list[str] | None:
    """Codes that limit what is shown; None for staff, who see all."""
    return None if is_staff() else [code for code, _name in own_stores()]


def find_view(run_id: int) -> board.RunView:
    """A run this person may see; `NotFound` for all others, there or not."""
    found = board.find_runs(SyncRun.id == run_id, *board.of_stores(seen_codes()))
    if not found:
        raise NotFound("Run not found")
    return found[0]


@blueprint.get("/dashboard/sync")
@access("store")
def show_sync() -> Response:
    """What runs now, the schedule, the runs so far. Polled: only what moves (block `now`)."""
    mine = [] if is_staff() else own_stores()
    codes = None if is_staff() else [code for code, _name in mine]
    live = board.live_runs(codes)
    rows = listing(("id",), "id", "desc")
    job = request.args.get("job", "")
    job = job if job in JOBS else ""
    return render(
        "sync/sync.html",
        block="now",
        live=live,
        shown=live[:SHOWN_LIVE],
        last=board.last_run(codes),
        rows=rows,
        job=job,
        ended=board.ended_runs(rows, job, codes),
        jobs=wording.JOBS,
        free=free_jobs(live),
        mine=mine,
        read_at=details.last_read(codes or []),
        schedule=schedule_lines(),
        cron_enabled=settings().cron_enabled,
        tz=settings().tz,
        calls=board_calls(),
        quota=settings().tiktok_rate_per_minute,
        present=now(),
        fragment=wants_fragment(),
        staff=codes is None,
    )


def board_calls() -> list[tuple[str, int | None]]:
    return details.calls() if is_staff() else []


def free_jobs(live: Sequence[board.RunView]) -> list[str]:
    """Jobs that a new run of all stores could do: those no live run of all stores does."""
    busy = {run.row.job for run in live if run.row.store_code is None and not run.row.retry_of}
    return [job for job in JOBS if not busy & set(runs.conflicting(job))]


def schedule_lines() -> list[tuple[Line, str, str, board.RunView | None]]:
    """Each nightly job: its line, when in words, the next instant in `TZ`, its newest run."""
    lines, zone = timetable(), ZoneInfo(settings().tz)
    newest = board.last_of_jobs([line.job for line in lines]) if is_staff() else {}
    found = []
    for line in lines:
        there = line.next_run.astimezone(zone)
        words = wording.cron_words(line.schedule)
        at = wording.clock_words(there.hour, there.minute)
        found.append((line, words, at, newest.get(line.job)))
    return found


@blueprint.post("/dashboard/sync/start")
@access("store")
def start_run() -> Response:
    """`job` over all stores (staff), or over one `store` that this person sees."""
    job, code = request.form.get("job", "all"), request.form.get("store", "")
    if job not in JOBS:
        raise Invalid(_("Choose what to sync."))
    if code:
        if not is_staff() and code not in [one for one, _name in own_stores()]:
            raise NotFound("Store not found", code="STORE_NOT_FOUND")
        run_id = runs.start_store(code, job, "page", actor())
    elif is_staff():
        run_id = runs.start(job, trigger="page", actor=actor())
    else:
        raise Forbidden("Insufficient permissions")
    keep_audit("sync_run", code or "all stores", run_id, job)
    return redirect_to(url_for("sync.show_run", run_id=run_id))


def keep_audit(action: str, subject: str, run_id: int, job: str, of: int | None = None) -> None:
    after = {"run": run_id, "job": job} | ({} if of is None else {"retry_of": of})
    record(action, subject=subject, after=after)
    db.session.commit()


@blueprint.get("/dashboard/sync/runs/<int:run_id>")
@access("store")
def show_run(run_id: int) -> Response:
    """One run: progress, causes, steps, stores. Polled while it lives (block `run`)."""
    run = find_view(run_id)
    rows = listing(("id",), "id")
    tab = request.args.get("tab", "")
    tab = tab if tab in details.TABS else details.TABS[0]
    return render(
        "sync/run.html",
        block="run",
        run=run,
        jobs=wording.JOBS,
        retries=board.find_runs(SyncRun.retry_of == run_id, limit=5) if is_staff() else [],
        groups=details.cause_groups(run_id),
        steps=details.steps(run),
        calls=board_calls() if run.live else [],
        quota=settings().tiktok_rate_per_minute,
        rows=rows,
        tab=tab,
        items=details.list_items(run_id, tab, rows),
        cause_of=details.cause_of,
        present=now(),
        fragment=wants_fragment(),
        staff=is_staff(),
    )


@blueprint.get("/dashboard/sync/runs/<int:run_id>/cancel")
@access("store")
def ask_cancel(run_id: int) -> Response:
    """The question of the dialog, as a page for whoever has no script."""
    run = find_view(run_id)
    if run.state not in ("queued", "running"):
        return redirect_to(url_for("sync.show_run", run_id=run_id))
    return render("sync/cancel.html", run=run)


@blueprint.post("/dashboard/sync/runs/<int:run_id>/cancel")
@access("store")
def cancel_run(run_id: int) -> Response:
    run = find_view(run_id)
    try:
        runs.cancel(run_id, actor())
    except Invalid:
        toast(_("Run %(id)s had already ended.", id=run_id), "info")
    else:
        keep_audit("cancel_run", run.row.store_code or "all stores", run_id, run.row.job)
    return redirect_to(url_for("sync.show_run", run_id=run_id))


@blueprint.post("/dashboard/sync/runs/<int:run_id>/retry-failed")
@access("store")
def retry_failed(run_id: int) -> Response:
    """A new run over the stores that failed in this one."""
    run = find_view(run_id)
    try:
        new_id = retry(run)
    except Invalid:
        toast(_("Nothing to retry: no store of this run failed, or it still runs."), "info")
        return redirect_to(url_for("sync.show_run", run_id=run_id))
    keep_audit("retry_run", run.row.store_code or "all stores", new_id, run.row.job, run_id)
    return redirect_to(url_for("sync.show_run", run_id=new_id))


def retry(run: board.RunView) -> int:
    """The new run's id. That of one store keeps the store's code, so that its PIC sees it."""
    return runs.retry_failed(run.row.id, actor())


@blueprint.get("/dashboard/sync/logs")
@access("store")
def list_logs() -> Response:
    """Lines of the sync log, newest first, by store, outcome, job and run."""
    rows = listing(("id",), "id", "desc", per_page=50)
    args = request.args
    asked = details.LogFilter(
        q=rows.q,
        status=args.get("status", "") if args.get("status") in wording.LOG_STATES else "",
        job=args.get("job", "") if args.get("job") in wording.LOG_JOBS else "",
        run=args.get("run", None, type=int),
        codes=seen_codes(),
    )
    return render(
        "sync/logs.html",
        block="lines",
        rows=rows,
        asked=asked,
        lines=details.list_lines(asked, rows),
        words=wording.log_words,
        jobs=wording.LOG_JOBS,
        states=wording.LOG_STATES,
        staff=asked.codes is None,
    )
