"""`create_app()`: the only wiring. Serve it as `gunicorn "sandbox.app:create_app()"`."""

from flask import Flask, Response

from sandbox.box import Box
from sandbox.control import control
from sandbox.display import display
from sandbox.images import images
from sandbox.login import login
from sandbox.settings import Settings, load

MAX_BODY = 1 << 20


def create_app(settings: Settings | None = None) -> Flask:
    """A sandbox with a memory of its own; settings come from the environment unless given."""
    app = Flask(__name__)
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["sandbox"] = Box(settings or load())
    app.url_map.merge_slashes = False
    for blueprint in (display, login, images, control):
        app.register_blueprint(blueprint)
    for rule in [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/v2/")]:
        bare, name = rule.rule.rstrip("/"), f"{rule.endpoint} bare".replace(".", " ")
        app.add_url_rule(bare, name, unsupported, methods=["GET", "POST"])
    app.register_error_handler(404, unsupported)
    return app


def unsupported(*_: object) -> tuple[Response, int]:
    """The closing slash belongs to TikTok's paths; without it there is nothing."""
    return Response("Unsupported path(Janus)", content_type="text/plain"), 404
