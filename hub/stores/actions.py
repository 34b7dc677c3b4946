"""What people do with stores: sync, make links, disconnect, switch off, archive. POST, then 303.

`pages.py` has the pages on the same blueprint.
"""

from flask import Blueprint, Response, request, url_for

from hub.access import access
from hub.db import db
from hub.errors import Invalid
from hub.language import person
from hub.nav import address
from hub.stores import accounts, consents
from hub.stores.lines import Line, find_line, pick
from hub.stores.links import make_link
from hub.stores.messages import Sendable, write_messages
from hub.stores.stores import change_store, find_store
from hub.sync import runs
from hub.sync.causes import RETRY
from hub.text import _, ngettext
from hub.users.audit import actor, record
from hub.users.people import visible_stores
from hub.web import redirect_to, render, toast

blueprint = Blueprint("stores", __name__, url_prefix="/dashboard/stores")
SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def line_of(code: str, nights: int = 1) -> Line:
    """A store that the person may see, as a page shows it. Raises `NotFound`."""
    return find_line(visible_stores(person()), code, nights)


def picked() -> list[Line]:
    """The stores that the form means."""
    form = request.form
    return pick(
        visible_stores(person()),
        form.getlist("store"),
        cause=form.get("cause", ""),
        state=form.get("state", ""),
    )


def to_store(code: str) -> Response:
    return redirect_to(url_for("stores.show_store", code=code))


def nothing_to_do(words: str) -> Response:
    toast(words, "info")
    return redirect_to(url_for("stores.list_stores"))


def start_sync(lines: list[Line]) -> int:
    """A run over these stores, audited; its id."""
    one = lines[0].code if len(lines) == 1 else None
    subject = one or f"{len(lines)} stores"
    run_id = runs.start(
        "all", trigger="page", actor=actor(), stores=[line.row.id for line in lines], store_code=one
    )
    record("sync_run", subject=subject, after={"run": run_id, "job": "all"})
    db.session.commit()
    return run_id


@blueprint.post("/sync")
@access("store")
def sync_stores() -> Response:
    """Sync the ticked stores, or all of a state or trouble that a sync can help."""
    lines = picked()
    if not request.form.getlist("store"):
        lines = [line for line in lines if line.helps == RETRY]
    usable = [line for line in lines if line.can_sync]
    if not usable:
        return nothing_to_do(
            _("A sync cannot help these stores: their access has ended.")
            if lines
            else _("No store is left that a sync could help.")
        )
    run_id = start_sync(usable)
    words = ngettext("Sync of %(num)s store started", "Sync of %(num)s stores started", len(usable))
    if left := len(lines) - len(usable):
        words += ", " + ngettext(
            "%(num)s without access left out", "%(num)s without access left out", left
        )
    url = address("sync.show_run", run_id=run_id)
    toast(words, "info", link=(_("See run"), url) if url else None)
    return redirect_to(url or url_for("stores.list_stores"))


@blueprint.post("/links")
@access("store")
def make_links() -> Response:
    """A one-use link for each ticked store, shown once."""
    lines = picked()
    if not lines:
        return nothing_to_do(_("No store was ticked."))
    return show_links(lines)


@blueprint.post("/<code>/link")
@access("store")
def make_one_link(code: str) -> Response:
    return show_links([line_of(code)])


def show_links(lines: list[Line]) -> Response:
    """Links are kept only as digests, so the answer itself must show them."""
    made: list[Sendable] = [
        write_messages(line, make_link(find_store(line.code), actor())) for line in lines
    ]
    answer = render("stores/links.html", made=made)
    answer.headers.update(SECRET)
    return answer


@blueprint.post("/<code>/sync")
@access("store")
def sync_store(code: str) -> Response:
    line = line_of(code)
    if not line.can_sync:
        toast(_("A sync cannot help here: %(cause)s", cause=line.trouble.title), "failed") \
            if line.trouble else None  # fmt: skip
        return to_store(line.code)
    start_sync([line])
    return to_store(line.code)


@blueprint.route("/<code>/disconnect", methods=["GET", "POST"])
@access("ops")
def disconnect_store(code: str) -> Response:
    """Ask, then forget the access; the numbers stay."""
    line = line_of(code)
    if request.method == "GET":
        return render("stores/disconnect.html", line=line)
    code, access_token = accounts.disconnect(line.code)
    if access_token is not None:
        consents.revoke(access_token)
        toast(_("%(store)s is disconnected. Its numbers stay.", store=line.row.store_name))
    return to_store(code)


@blueprint.post("/<code>/disable")
@access("ops")
def disable_store(code: str) -> Response:
    return switch(line_of(code), on=False)


@blueprint.post("/<code>/enable")
@access("ops")
def enable_store(code: str) -> Response:
    return switch(line_of(code), on=True)


def switch(line: Line, *, on: bool) -> Response:
    """No sync while it is off."""
    try:
        (accounts.enable if on else accounts.disable)(line.code)
    except Invalid:
        db.session.rollback()
        toast(_("No TikTok account is connected."), "failed")
        return to_store(line.code)
    if on:
        toast(_("%(store)s is switched on.", store=line.row.store_name))
    else:
        undo = url_for("stores.enable_store", code=line.code)
        words = _("%(store)s is switched off: it is not synced.", store=line.row.store_name)
        toast(words, undo=undo)
    return to_store(line.code)


@blueprint.route("/<code>/archive", methods=["GET", "POST"])
@access("ops")
def archive_store(code: str) -> Response:
    """Ask, then take the store out of lists and syncs; with undo."""
    line = line_of(code)
    if request.method == "GET":
        return render("stores/archive.html", line=line)
    change_store(line.code, {"archived": True})
    undo = url_for("stores.restore_store", code=line.code)
    toast(_("%(store)s is archived.", store=line.row.store_name), undo=undo)
    return redirect_to(url_for("stores.list_stores"))


@blueprint.post("/<code>/restore")
@access("ops")
def restore_store(code: str) -> Response:
    code = change_store(code, {"archived": False})
    toast(_("The store is back."))
    return to_store(code)
