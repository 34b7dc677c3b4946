"""A worker's share of a run: threads that claim items until none is left.

Several workers share a run. One thread keeps the leases alive and writes the progress lines.
After SIGTERM nothing new is claimed; what is not finished in time is handed back. A horse whose
parent was killed stops within seconds; its fence keeps late writes out.
"""

import math
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import current_app
from sqlalchemy import and_, bindparam, exists, select
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from hub import jobs, work
from hub.access import settings
from hub.clock import now
from hub.db import begin, db, reading
from hub.errors import ProviderError
from hub.http import Exit
from hub.log import logger
from hub.providers.tiktok import TikTok
from hub.sync import runs
from hub.sync.calls import Caller
from hub.sync.items import _writer, give_up, items, perform
from hub.sync.lanes import Stopped, lanes
from hub.sync.parts import Tools
from hub.sync.slots import Slots
from hub.work import LIVE, QUEUED, RUNNING, LeaseLost

DRAIN_SECONDS = 15.0
BLOCKED_PAUSE = 0.25
TICK = 0.5


_other = items.alias("other")
CLAIM = work.claiming(
    items,
    where=and_(
        items.c.run_id == bindparam("run"),
        ~exists(
            select(_other.c.id).where(
                _other.c.store_id == items.c.store_id, _other.c.state == RUNNING
            )
        ),
    ),
    order=[items.c.id],
    values={"started_at": bindparam("at")},
)


class Batch:
    """One worker's work on one run."""

    def __init__(self, run: Row[Any]) -> None:
        self.config = settings()
        self.app = current_app._get_current_object()  # type: ignore[attr-defined]
        self.run = run
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.over = threading.Event()
        self.user_slots, self.video_slots = self.make_slots()
        self.threads = self.how_many()
        self.side = ThreadPoolExecutor(max_workers=4 * self.threads, thread_name_prefix="side")
        self.tools = self.make_tools()

    def make_slots(self) -> tuple[Slots, Slots]:
        def slots(name: str, limit: int) -> Slots:
            lease, share = self.config.lease_seconds, self.config.workers
            return Slots(jobs.redis(), name, limit, lease, share)

        return (
            slots("user", self.config.sync_concurrency),
            slots("video", self.config.video_sync_concurrency),
        )

    def how_many(self) -> int:
        video = self.run.job == "video"
        limit = self.config.video_sync_concurrency if video else self.config.sync_concurrency
        return max(1, min(int(self.run.total), math.ceil(limit / self.config.workers)))

    def make_tools(self) -> Tools:
        exit_ = Exit(self.config.provider_timeout_seconds)
        paced = lanes(
            jobs.redis(),
            self.config.tiktok_rate_per_minute,
            self.config.provider_timeout_seconds + 5,
        )
        caller = Caller(paced, self.stop)
        tiktok = TikTok(self.config, exit_)
        return Tools(tiktok, caller, self.side, self.video_slots, self.app, self.run.day)

    def stop(self) -> bool:
        return self.over.is_set() or jobs.should_stop()

    def work(self) -> None:
        """Run the threads to their end, or hand back what is held."""
        keeper = self.thread(self.keep_alive, "keeper")
        workers = [self.thread(self.claim_and_perform, f"item-{n}") for n in range(self.threads)]
        deadline = math.inf
        while any(worker.is_alive() for worker in workers) and time.monotonic() < deadline:
            if jobs.should_stop() and deadline == math.inf:
                drain = 1.0 if jobs.orphaned() else DRAIN_SECONDS
                deadline = time.monotonic() + drain
            workers[0].join(0.05) if workers[0].is_alive() else time.sleep(0.05)
        self.over.set()
        keeper.join(TICK * 4)
        self.side.shutdown(wait=False, cancel_futures=True)
        self.hand_back()

    def hand_back(self) -> None:
        try:
            with begin() as connection:
                back = work.release(connection, items, self.owner)
        except OperationalError:
            logger.exception("not handed back: its lease will end")
            return
        if back:
            logger.info("handed back", extra={"run": self.run.id, "items": back})

    def thread(self, target: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=self.in_app, args=(target,), name=name, daemon=True)
        thread.start()
        return thread

    def in_app(self, target: Callable[[], None]) -> None:
        with self.app.app_context():
            try:
                target()
            except Stopped:
                return
            except Exception:
                logger.exception("a thread of the batch failed", extra={"run": self.run.id})

    def claim_and_perform(self) -> None:
        slots = self.video_slots if self.run.job == "video" else self.user_slots
        while not self.stop():
            with slots.one(self.stop):
                row = self.claim()
                if row is not None:
                    self.perform(row)
            if row is None:
                if not self.left():
                    return
                time.sleep(BLOCKED_PAUSE)

    def claim(self) -> Row[Any] | None:
        """The next store that no other run is working on."""
        lease = self.config.lease_seconds
        try:
            with _writer, begin() as connection:
                taken = work.claim(connection, CLAIM, self.owner, lease, run=self.run.id, at=now())
        except IntegrityError:
            return None  # another run took the store in the same moment
        except OperationalError as error:
            logger.warning("nothing can be claimed now", extra={"error": str(error)})
            return None  # locked or away: the loop asks again
        return taken[0] if taken else None

    def left(self) -> bool:
        with reading(), db.engine.connect() as connection:
            queued = and_(items.c.run_id == self.run.id, items.c.state == QUEUED)
            return connection.execute(select(items.c.id).where(queued).limit(1)).first() is not None

    def perform(self, row: Row[Any]) -> None:
        try:
            perform(row, self.tools)
        except LeaseLost:
            logger.warning("a late write was refused", extra={"run": self.run.id, "item": row.id})
        except Stopped:
            raise
        except Exception as error:
            logger.exception("an item failed", extra={"run": self.run.id, "item": row.id})
            self.fail(row, error)

    def fail(self, row: Row[Any], error: Exception) -> None:
        """Our own fault: back to the queue (it counts as an attempt), the sweeper judges poison."""
        again = row.attempts < work.MAX_ATTEMPTS and not isinstance(error, ProviderError)
        try:
            work.insist(lambda: self.end_failed(row, error, again), self.stop)
        except LeaseLost:
            return  # the sweeper was quicker
        if again:
            time.sleep(0.2 * row.attempts)

    def end_failed(self, row: Row[Any], error: Exception, again: bool) -> None:
        with _writer, begin() as connection:
            work.finish(
                connection,
                items,
                row.id,
                row.fence,
                QUEUED if again else work.FAILED,
                cause="internal_error",
                message="Hub could not store the result",
                detail=type(error).__name__,
            )
            if not again:
                give_up(connection, row, "internal_error", "Hub could not store the result")

    def keep_alive(self) -> None:
        """Heartbeats of leases and slots; progress and pool lines when something moved."""
        beat, last, shown = 0.0, -1, 0.0
        while not self.over.is_set():
            if time.monotonic() - beat > self.config.lease_seconds / 4:
                beat = time.monotonic()
                self.beat()
            if time.monotonic() - shown > 1.0:
                shown = time.monotonic()
                last = self.log_progress(last)
            self.over.wait(TICK)
        self.log_progress(last)

    def beat(self) -> None:
        self.user_slots.prolong()
        self.video_slots.prolong()
        try:
            with _writer, begin() as connection:
                work.heartbeat(connection, items, self.owner, self.config.lease_seconds)
        except SQLAlchemyError:
            logger.exception("heartbeat failed, it tries again")

    def log_progress(self, last: int) -> int:
        with reading(), db.engine.connect() as connection:
            by_state = runs.counts(connection, self.run.id)
        done = sum(number for state, number in by_state.items() if state not in LIVE)
        if done == last:
            return last
        percent = 100 * done // max(1, self.run.total)  # 100 only at the end
        logger.info(
            "Sync progress",
            extra={"run": self.run.id, "processed": done, "total": self.run.total,
                   "percent": percent},
        )  # fmt: skip
        log_pool()
        return done


def log_pool() -> None:
    """The spec's pool line: connections that exist, that are idle, that are waited for."""
    pool: Any = db.engine.pool
    busy, idle = pool.checkedout(), pool.checkedin()
    logger.info(
        "Database pool statistics",
        extra={"totalCount": busy + idle, "idleCount": idle,
               "waitingCount": max(0, pool.overflow())},
    )  # fmt: skip


def work_run(run_id: int) -> None:
    """What a queue job does: take part in a run, and end it if nothing is left."""
    run = runs.begin_run(run_id)
    if run.state == RUNNING:
        Batch(run).work()
    runs.end_if_complete(run_id)
