"""`python worker.py work` runs jobs, `python worker.py schedule` fires the schedule.

The app is loaded before RQ forks (94 against 4 jobs a second), one method is overridden: the
work horse never hears SIGTERM, so its parent tells it by an event made before the fork.
"""

import os
import signal
import sys
import threading

from flask import Flask
from redis import Redis
from rq import Worker
from rq.serializers import JSONSerializer

from hub import create_app
from hub.config import ConfigError
from hub.db import db
from hub.jobs import QUEUES, ask_to_stop, remember_parent
from hub.schedule import run_scheduler

WORKER_TTL = 30


class HubWorker(Worker):
    def handle_warm_shutdown_request(self) -> None:
        ask_to_stop()
        super().handle_warm_shutdown_request()


def make_app() -> Flask:
    """The application; a setting that cannot be used ends the process with one line."""
    try:
        return create_app()
    except ConfigError as error:
        sys.exit(f"hub: {error}")


def work() -> None:
    app = make_app()
    remember_parent()
    os.register_at_fork(after_in_child=lambda: _forget_connections(app))
    with app.app_context():
        # A client of its own: RQ raises the read timeout of the pool it is given.
        connection = Redis.from_url(app.extensions["settings"].redis_url)
        HubWorker(
            QUEUES, connection=connection, serializer=JSONSerializer, worker_ttl=WORKER_TTL
        ).work(logging_level="WARNING")


def _forget_connections(app: object) -> None:
    """A forked child must not use its parent's database connections."""
    db.engine.dispose(close=False)


def schedule() -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    run_scheduler(make_app(), stopped.is_set)


if __name__ == "__main__":
    commands = {"work": work, "schedule": schedule}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit("usage: python worker.py work|schedule")
    commands[sys.argv[1]]()
