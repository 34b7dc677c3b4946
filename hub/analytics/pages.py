"""The overview page."""

from flask import Blueprint, Response, request

from hub import nav
from hub.access import access
from hub.analytics.overview import METRICS, ended_runs, overview
from hub.clock import day_from
from hub.language import person as me
from hub.stores.lines import all_lines
from hub.sync.timetable import timetable
from hub.text import lazy_gettext
from hub.users.people import home_of, visible_stores
from hub.web import redirect_to, render

blueprint = Blueprint("analytics", __name__)

nav.add("network", lazy_gettext("Overview"), "analytics.show_overview", "overview", order=10)


@blueprint.get("/dashboard")
@access("store")
def show_overview() -> Response:
    """The network in one page; a person in charge is led to the own store or their list."""
    if me().role == "store":
        return redirect_to(home_of(me()))
    lines = all_lines(visible_stores(me()))
    metric = request.args.get("metric", "")
    metric = metric if metric in METRICS else METRICS[0]
    found = overview(lines, metric)
    return render(
        "analytics/overview.html",
        block="trend",
        lines=lines,
        metric=metric,
        runs=ended_runs(),
        next_run=min(line.next_run for line in timetable()),
        date=day_from(found["last"]),
        **found,
    )
