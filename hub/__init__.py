"""Hub: `create_app()` is the only wiring. One list of blueprints, one error handler."""

from typing import Any

from flask import Flask
from flask_openapi import Info, OpenAPI

from hub import api, clock, jobs, log, request_cycle, schedule, web
from hub.config import Settings, load_settings, split
from hub.crypto import KeyRing
from hub.db import init_db

VERSION = "1.0.0"
MAX_BODY = 1024 * 1024


def create_app(settings: Settings | None = None, **given: Any) -> Flask:
    """The application. `given` are settings by lower-case name (tests); else the environment."""
    from hub.users.guards import init_users

    settings = settings or load_settings(**given)
    app = OpenAPI(
        __name__,
        info=Info(title="Hub", version=VERSION),
        doc_ui=False,
        template_folder="../templates",
        static_folder="../static",
        security_schemes=api.SECURITY,
        validation_error_status=400,
        validation_error_model=api.Problem,
        validation_error_callback=request_cycle.refuse,
    )
    app.openapi_version = "3.1.0"
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY,
        TESTING=settings.hub_env == "test",
        SQLALCHEMY_RECORD_QUERIES=settings.hub_env == "test",
    )
    app.extensions["settings"] = settings
    app.extensions["keys"] = KeyRing(settings.token_enc_key, split(settings.token_enc_keys_old))
    log.init_log(settings.log_level)
    clock.set_offset(settings.clock_offset)
    jobs.init_jobs(app, settings)
    web.init_web(app)
    request_cycle.init_request_cycle(app)
    init_users(app)
    add_rooms(app)
    init_db(app, settings)
    return app


def add_rooms(app: OpenAPI) -> None:
    """Every room's doors, the schedule and the sweepers, in one place."""
    from hub import oauth, service  # noqa: F401  the tables of every room, known to migrations
    from hub.analytics import pages as overview_pages
    from hub.stores import api as stores_api
    from hub.stores import cli as stores_cli
    from hub.stores import connect as connect_pages
    from hub.stores import pages as stores_pages  # noqa: F401  its views stand on the same blueprint
    from hub.stores.actions import blueprint as stores_blueprint
    from hub.sync import api as sync_api
    from hub.sync import cli as sync_cli
    from hub.sync import jobs as sync_jobs
    from hub.sync import pages as sync_pages
    from hub.users import cli as users_cli
    from hub.users import pages as users_pages

    for json_door in (service.api, stores_api.blueprint, sync_api.blueprint):
        app.register_api(json_door)
    for page_door in (
        service.pages,
        users_pages.blueprint,
        overview_pages.blueprint,
        stores_blueprint,
        connect_pages.blueprint,
        sync_pages.blueprint,
    ):
        app.register_blueprint(page_door)
    for commands in (service.commands, users_cli.commands, stores_cli.commands, sync_cli.commands):
        for command in commands:
            app.cli.add_command(command)
    schedule.TABLE[:] = sync_jobs.CRON
    schedule.SWEEPERS[:] = sync_jobs.SWEEPERS
