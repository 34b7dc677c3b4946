"""A small application that shows every macro and both frames, to test the front end itself."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import jinja2
from flask import Flask, Response, request
from flask_login import LoginManager, UserMixin
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.serving import make_server
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField, validators

from hub import clock, nav, web
from hub.listing import listing

ROOT = Path(__file__).parents[2]
STAFF = (
    ("network", "Overview", "overview", 10), ("network", "Stores", "store", 20),
    ("network", "Sync", "sync", 30), ("control", "Alerts", "bell", 10),
)  # fmt: skip
MINE = (("Today", "house"), ("Calendar", "calendar"), ("Growth", "chart"), ("Inbox", "inbox"),
        ("Reviews", "star"), ("Profile", "people"))  # fmt: skip


DATA = json.loads((Path(__file__).parent / "gallery.json").read_text())


class Reader(UserMixin):
    def __init__(self, role: str) -> None:
        self.id = self.role = role
        self.name = "Rina W." if role == "ops" else "Naya Puspaning"
        self.locale, self.timezone = None, "Asia/Jakarta"


class Entry(FlaskForm):  # type: ignore[misc]
    type = RadioField("Type", choices=[("shoot", "Shoot"), ("upload", "Upload")], default="shoot")
    brand_name = StringField("Brand", [validators.InputRequired("Name the brand.")])
    campaign_name = StringField("Campaign", [validators.Optional()])
    date = StringField(
        "Date", [validators.Regexp(r"\d+ \d+ \d+", message="31 November does not exist.")]
    )
    platform = SelectField(
        "Platform",
        [validators.InputRequired("Choose where.")],
        choices=[("", "Choose"), ("tiktok", "TikTok")],
    )
    notes = TextAreaField("Notes", [validators.Optional()])
    remember = BooleanField("Remind me a day before")


def gallery(role: str) -> Flask:
    app = Flask(
        "hub",
        root_path=str(ROOT / "hub"),
        static_folder="../static",
        template_folder="../templates",
    )
    app.jinja_loader = jinja2.ChoiceLoader(
        [
            jinja2.FileSystemLoader(ROOT / "templates"),
            jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        ]
    )
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_TIME_LIMIT=None)
    app.extensions["settings"] = SimpleNamespace(
        tz="Asia/Jakarta", public_url="http://localhost", secure=False
    )
    CSRFProtect(app)
    reader = Reader(role) if role else None
    LoginManager(app).request_loader(lambda _: reader)
    web.init_web(app)
    entries = (
        STAFF if role == "ops" else [("me", label, icon, n) for n, (label, icon) in enumerate(MINE)]
    )
    for group, label, icon, order in entries:
        app.add_url_rule(f"/{label.lower()}", label, show)
        nav.add(
            group,
            label,
            label,
            icon,
            ("ops",) if role == "ops" else ("influencer",),
            order=order,
            bottom=order < 4,
            count=(lambda: 4) if label in ("Alerts", "Inbox") else None,
        )
    app.add_url_rule("/", "root", show)
    app.add_url_rule("/form", "form", fill, methods=["GET", "POST"])
    app.add_url_rule("/act", "act", act, methods=["POST"])
    app.add_url_rule("/refuse", "refuse", refuse, methods=["GET", "POST"])
    app.add_url_rule("/openapi.json", "openapi", lambda: DATA["openapi"])
    app.add_url_rule("/docs", "docs", lambda: web.render("swagger.html", openapi="/openapi.json"))
    app.register_error_handler(404, lambda error: web.error_page(404, "Resource not found"))
    return app


def show() -> Response:
    rows = listing(("name", "followers"), "name").count(300)
    return web.render(
        "gallery.html",
        block="rows",
        list=rows,
        figure=DATA["figure"],
        now=clock.now(),
        hour=timedelta(hours=1),
    )


def fill() -> Response:
    form = Entry()
    if form.validate_on_submit():
        web.toast("Entry saved", undo="/act")
        return web.redirect_to("/form")
    return web.render(
        "gallery_form.html",
        block="entry",
        form=form,
        status=422 if request.method == "POST" else 200,
    )


def act() -> Response:
    web.toast("Sync of 13 stores started", "info", link=("See run", "/"))
    return web.render("gallery.html", block="acted") if web.is_htmx() else web.redirect_to("/form")


def refuse() -> Response:
    return web.error_page(503, retry_after=5)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of `app` on a free port, until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
