"""The service itself: `/`, health, API documents, and commands of the ground floor."""

import time
from typing import Any

import click
from flask import Blueprint, Response, current_app, g, make_response, request, send_from_directory
from flask.cli import with_appcontext
from flask_openapi import APIBlueprint
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from hub import api as envelopes
from hub import doctor, nav
from hub.access import access
from hub.clock import iso, now
from hub.config import OWN_SECRETS, new_secret
from hub.crypto import redact
from hub.db import ForeignTables, db, migrate, reading
from hub.docs import document, example
from hub.health import check_health, check_ready
from hub.seals import missing_keys, reseal_all
from hub.text import lazy_gettext
from hub.web import render

NAME = "TikTok Content Reporting Hub"
STARTED = time.monotonic()
A_DAY = 86_400
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /api/
Disallow: /auth/
Disallow: /connect/
Disallow: /c/
Disallow: /i/
Disallow: /r/
Disallow: /s/
Disallow: /me
Disallow: /dashboard
Disallow: /account
"""

api = APIBlueprint("service_api", __name__, abp_tags=[{"name": "Health & Info"}])
pages = Blueprint("service", __name__)

nav.add(
    "foot", lazy_gettext("API documentation"), "service.show_docs", "code",
    (*nav.EVERY_STAFF, *nav.INFLUENCER), order=90,
)  # fmt: skip

INFO: dict[str, Any] = {
    "name": NAME,
    "version": "1.0.0",
    "documentation": "/docs",
    "endpoints": {
        "health": "GET /health",
        "connect": "GET /connect/tiktok?store_code=xxx",
        "authUrl": "GET /auth/url?store_code=xxx",
        "openapi": "GET /api/openapi.json",
        "admin": {
            "stores": "GET /admin/stores",
            "createStore": "POST /admin/stores",
            "store": "GET /admin/stores/:store_code",
            "accounts": "GET /admin/stores/:store_code/accounts",
            "userStats": "GET /admin/stores/:store_code/user-stats?days=30",
            "videoStats": "GET /admin/stores/:store_code/video-stats?days=30",
            "storeSyncLogs": "GET /admin/stores/:store_code/sync-logs?limit=50",
            "syncRun": "POST /admin/sync/run",
            "syncStatus": "GET /admin/sync/status",
            "syncLogs": "GET /admin/sync/logs?limit=50",
        },
    },
}
HEALTHY: dict[str, Any] = {
    "status": "healthy",
    "timestamp": "2026-01-24T09:00:00.000Z",
    "uptime": 3600,
    "version": "1.0.0",
    "requestId": "abc123",
    "checks": {
        "database": "ok",
        "encryption": "ok",
        "scheduler": "enabled",
        "redis": "ok",
        "workers": "ok",
    },
    "responseTime": 5,
}
SICK = HEALTHY | {"status": "unhealthy", "checks": HEALTHY["checks"] | {"database": "away"}}


@api.get("/", summary="Service information", responses={200: example(INFO)})
@access("public")
def show_start() -> Response:
    """JSON, unless the caller prefers text/html: browsers get the home page."""
    accepted = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if accepted == "text/html":
        answer = render("service/home.html")
    else:
        answer = envelopes.reply(INFO | {"version": version()})
    answer.vary.add("Accept")
    return answer


def version() -> str:
    from hub import VERSION

    return VERSION


@api.get(
    "/health",
    summary="Health check",
    responses={200: example(HEALTHY, "healthy or degraded"), 503: example(SICK, "unhealthy")},
)
@api.get(
    "/api/health",
    summary="Health check, the same under /api",
    responses={200: example(HEALTHY, "healthy or degraded"), 503: example(SICK, "unhealthy")},
)
@access("public")
def show_health() -> Response:
    """`degraded`: scheduler, Redis or workers are away, everything still answers."""
    began = time.monotonic()
    health = check_health()
    body = {
        "status": health.status,
        "timestamp": iso(now()),
        "uptime": round(time.monotonic() - STARTED),
        "version": version(),
        "requestId": g.request_id,
        "checks": health.checks,
        "responseTime": round((time.monotonic() - began) * 1000),
    }
    return uncached(envelopes.reply(body, 503 if health.status == "unhealthy" else 200))


@api.get("/livez", summary="The process answers", responses={200: example({"status": "ok"})})
@access("public")
def show_life() -> Response:
    """Nothing else is asked: 200 also while the database is away."""
    return uncached(envelopes.reply({"status": "ok"}))


@api.get(
    "/ready",
    summary="Whether requests may be sent here",
    responses={
        200: example({"status": "ready", "checks": {"database": "ok", "encryption": "ok"}}),
        503: example({"status": "not ready", "checks": {"database": "away", "encryption": "ok"}}),
    },
)
@access("public")
def show_readiness() -> Response:
    """The database answers, its schema is ours, and its stored tokens can be opened."""
    checks = check_ready()
    ready = set(checks.values()) == {"ok"}
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return uncached(envelopes.reply(body, 200 if ready else 503))


def uncached(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.get(
    "/api/openapi.json",
    summary="This document",
    responses={200: example({"openapi": "3.1.0", "info": {"title": "Hub"}, "paths": {}})},
)
@access("public")
def show_openapi() -> Response:
    return envelopes.reply(document(), etag=True)


@pages.get("/swagger")
@pages.get("/api/docs")
@pages.get("/docs")
@access("public")
def show_docs() -> Response:
    return render("swagger.html", openapi="/api/openapi.json")


@pages.get("/favicon.ico")
@access("public")
def show_favicon() -> Response:
    folder = str(current_app.static_folder)
    answer = send_from_directory(folder, "img/favicon.svg", max_age=A_DAY)
    answer.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    return answer


@pages.get("/robots.txt")
@access("public")
def show_robots() -> Response:
    answer = make_response(ROBOTS)
    answer.mimetype = "text/plain"
    answer.headers["Cache-Control"] = f"public, max-age={A_DAY}"
    return answer


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database to the newest schema. Example: flask --app wsgi migrate"""
    refuse_lost_keys()
    try:
        migrate()
    except ForeignTables as error:
        raise click.ClickException(str(error)) from None
    except OperationalError as error:
        why = redact(str(error.orig)).strip().splitlines()[0]
        raise click.ClickException(f"the database cannot be used: {why}") from None


def refuse_lost_keys() -> None:
    """Stop before anything runs with a TOKEN_ENC_KEY that cannot open what is stored."""
    try:
        with reading(), db.engine.connect() as connection:
            missing = missing_keys(connection)
    except SQLAlchemyError:
        return  # away: whoever needs it says so
    if missing:
        raise click.ClickException(
            f"stored TikTok access was encrypted with key {', '.join(missing)}, which is neither "
            "TOKEN_ENC_KEY nor in TOKEN_ENC_KEYS_OLD: give it back, nothing else can open it"
        )


@click.command("doctor")
@with_appcontext
def doctor_command() -> None:
    """Show every setting with its source and effect, and check what Hub stands on.

    Exits with 1 when something is broken. Example: flask --app wsgi doctor
    """
    for line in doctor.describe_settings():
        click.echo(line)
    click.echo()
    findings = doctor.examine()
    for finding in findings:
        click.echo(f"{finding.state:<7} {finding.what}: {finding.said}")
    broken = [finding.what for finding in findings if finding.state == "broken"]
    if broken:
        raise click.ClickException(f"broken: {', '.join(broken)}")


@click.command("rekey")
@with_appcontext
def rekey_command() -> None:
    """Encrypt all stored access with TOKEN_ENC_KEY; TOKEN_ENC_KEYS_OLD can go afterwards.

    May run while the service runs, and again after a stop. Example: flask --app wsgi rekey
    """
    count = reseal_all()
    click.echo(f"{count.done} rows encrypted with the active key, {count.failed} remain")
    if count.failed:
        raise click.ClickException("the keys of the remaining rows are not here: see doctor")


@click.group("secrets")
def secrets_group() -> None:
    """Hub's own secrets. Example: flask --app wsgi secrets new >> .env"""


@secrets_group.command("new")
def new_secrets() -> None:
    """Print new secrets as lines for .env; nothing is stored.

    Example: flask --app wsgi secrets new >> .env
    """
    for name in OWN_SECRETS:
        click.echo(f"{name.upper()}={new_secret(name)}")


commands: list[click.Command] = [
    migrate_command,
    doctor_command,
    rekey_command,
    secrets_group,
]
