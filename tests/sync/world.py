"""What sync tests start from: connected stores at the sandbox, a worker, and rows to compare."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask, current_app
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from sqlalchemy import Table, select, text

from hub.db import db, reading
from hub.providers.tiktok import read_tokens
from hub.stores.handover import connect_account
from hub.stores.models import StoreAccount
from hub.stores.tokens import accounts
from hub.sync import runs
from hub.sync.jobs import sync_batch
from hub.sync.models import StoreDaily, SyncItem, SyncLog, SyncRun, UserDaily, Video, VideoDaily
from tests.clients import Waiting
from tests.installation import Sandbox
from tests.people import add_store

ALL = ("user.info.basic", "user.info.stats", "video.list")
VIDEOS = 8  # of each account of the tests' sandbox
FACTS = (UserDaily, Video, VideoDaily, StoreDaily)


class Shop(NamedTuple):
    """A store's keys: reading them of its row would open a transaction and hold others up."""

    id: int
    code: str


def shop(code: str) -> Shop:
    """A store, made once; committed."""
    made = Shop(add_store(code).id, code)
    db.session.commit()
    return made


def connect(sandbox: Sandbox, *codes: str, scopes: tuple[str, ...] = ALL) -> list[Shop]:
    """Stores with real token pairs of the sandbox."""
    for code in codes:
        add_store(code)
    db.session.commit()
    for grant in sandbox.post("/_world/grants", handles={c: [*scopes] for c in codes})["grants"]:
        code = next(code for code in codes if code.lower() == grant["handle"])
        connect_account(code, read_tokens(grant))
    return [shop(code) for code in codes]


def account(code: str) -> Any:
    """The account's row as it is now."""
    with reading(), db.engine.connect() as connection:
        return connection.execute(select(accounts).where(accounts.c.store_code == code)).one()


def change(code: str, **values: Any) -> None:
    db.session.execute(
        StoreAccount.__table__.update().where(accounts.c.store_code == code).values(**values)  # type: ignore[attr-defined]
    )
    db.session.commit()


def rows(model: Any, **where: Any) -> list[Any]:
    """All rows of a table, in the order they were made."""
    table: Table = model.__table__
    query = select(table).order_by(*table.primary_key.columns)
    for name, value in where.items():
        query = query.where(table.c[name] == value)
    with reading(), db.engine.connect() as connection:
        return list(connection.execute(query))


def facts(but: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Everything that was ever read, to compare before and after byte by byte."""
    return {model.__tablename__: rows(model) for model in FACTS if model.__tablename__ not in but}


def sync(job: str = "all", store: str | None = None, stores: list[int] | None = None) -> Any:
    """A run from its start to its end in this thread; its row."""
    run_id = (
        runs.start_store(store, job, "api", "test")
        if store
        else runs.start(job, trigger="api", actor="test", stores=stores)
    )
    return finish(run_id)


def finish(run_id: int) -> Any:
    waiting = current_app.extensions.get("queue")
    if waiting is not None:
        waiting.clear()
    Waiting.work(current_app._get_current_object(), sync_batch, [run_id])  # type: ignore[attr-defined]
    db.session.expire_all()
    return runs.find(run_id)


def item(run: Any) -> Any:
    return rows(SyncItem, run_id=run.id)[0]


def log_lines(**where: Any) -> list[Any]:
    return rows(SyncLog, **where)


def all_runs() -> list[Any]:
    return rows(SyncRun)


class Worker(SimpleWorker):  # type: ignore[misc]
    """RQ's own worker in a thread: no signals, jobs in the same process."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass

    def subscribe(self) -> None:
        pass  # commands to a running worker; ending that thread takes a second

    def unsubscribe(self) -> None:
        pass


@contextmanager
def working(app: Flask, redis_url: str) -> Generator[None]:
    """A worker on the real queue while the block runs."""
    over = threading.Event()
    connection = Redis.from_url(redis_url)
    queue = Queue("sync", connection=connection, serializer=JSONSerializer)

    def work() -> None:
        while not over.wait(0.02):
            if queue.count:
                with app.app_context():
                    Worker([queue], connection=connection, serializer=JSONSerializer).work(
                        burst=True, logging_level="ERROR"
                    )

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)
        assert not thread.is_alive(), "the worker hangs"


def scalar(statement: str) -> Any:
    with reading(), db.engine.connect() as connection:
        return connection.execute(text(statement)).scalar()
