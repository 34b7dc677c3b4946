"""gunicorn: threads behind a few processes, the application loaded once before they fork.

`bin/run` gives the listening socket (`--bind fd://N`); a unit of its own takes HOST and PORT.
"""

from typing import Any

from hub.config import load_settings

settings = load_settings()

bind = (
    f"[{settings.host}]:{settings.port}"
    if ":" in settings.host
    else (f"{settings.host}:{settings.port}")
)
worker_class = "gthread"
workers = settings.web_processes
threads = settings.web_threads
preload_app = True
timeout = 60
graceful_timeout = 15  # all must be gone within 25 s of SIGTERM
keepalive = 5
max_requests = 0
backlog = 2048
limit_request_line = 8190
accesslog = None  # the application writes its own line for each request
loglevel = "warning"
control_socket_disable = True  # else a socket in the user's home
forwarded_allow_ips = ""  # TRUSTED_PROXIES is applied by the application alone


def post_fork(server: Any, worker: Any) -> None:
    """What was connected while loading belongs to the master: each process opens its own."""
    from hub.db import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)
