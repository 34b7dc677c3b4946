"""How the service is: each part asked at the same time, within a second whatever hangs.

Values are words: `ok`, and what is wrong otherwise. The database and the keys decide between
healthy and unhealthy; scheduler, Redis and workers only delay work: degraded.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from threading import Thread
from typing import Any

from alembic.script import ScriptDirectory
from flask import current_app
from redis.exceptions import RedisError
from rq import worker_registration
from rq.utils import now as rq_now
from rq.utils import utcparse
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from hub.access import settings
from hub.crypto import SealBroken
from hub.db import db, epoch, migrations, reading
from hub.jobs import redis
from hub.schedule import LEADER, LEADER_LEASE, Lease
from hub.seals import keys, missing_keys

PATIENCE = 0.8  # seconds for all answers together
LATE_LEADER = 15.0  # seconds without a sign of life of the scheduler that leads
LATE_WORKER = timedelta(seconds=45)  # an RQ worker says that it lives each 15 s, busy each 30 s

Checks = dict[str, str]
Asked = tuple[Thread, list[Checks]]
_asking: dict[str, Asked] = {}


@dataclass(frozen=True)
class Health:
    checks: Checks

    @property
    def status(self) -> str:
        """`healthy`, `degraded` (work waits) or `unhealthy` (nothing can be answered)."""
        if any(self.checks[name] != "ok" for name in ("database", "encryption")):
            return "unhealthy"
        scheduled = self.checks["scheduler"] in ("enabled", "disabled")
        waits = any(self.checks[name] != "ok" for name in ("redis", "workers"))
        return "degraded" if waits or not scheduled else "healthy"


def check_health() -> Health:
    """Ask database and Redis side by side; who does not answer in time is `away`."""
    until = time.monotonic() + PATIENCE
    asked = [begin("database", ask_database), begin("redis", ask_redis)]
    found = {"database": "away", "encryption": check_seal(), "scheduler": "unknown"}
    found |= {"redis": "away", "workers": "unknown"}
    for one in asked:
        found |= wait_for(one, until)
    return Health(found)


def check_ready() -> Checks:
    """Only what an answer needs: the database and the keys of what is stored."""
    found = {"database": "away", "encryption": check_seal()}
    found |= wait_for(begin("database", ask_database), time.monotonic() + PATIENCE)
    return {name: found[name] for name in ("database", "encryption")}


def wait_for(asked: Asked, until: float) -> Checks:
    """What was said by then; nothing when it hangs or is away."""
    thread, said = asked
    thread.join(max(0.0, until - time.monotonic()))
    return said[0] if said else {}


def begin(name: str, ask: Callable[[], Checks]) -> Asked:
    """Ask in a thread; callers share the one that is under way, so a part that hangs holds one."""
    if (earlier := _asking.get(name)) and earlier[0].is_alive():
        return earlier
    said: list[Checks] = []
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def work() -> None:
        with app.app_context():
            try:
                said.append(ask())
            except (SQLAlchemyError, RedisError, OSError):
                pass  # said as "away"

    thread = Thread(target=work, name=f"health-{name}", daemon=True)
    _asking[name] = thread, said
    thread.start()
    return thread, said


def ask_database() -> Checks:
    with reading(), db.engine.connect() as connection:
        if not is_migrated(connection):
            return {"database": "not migrated", "encryption": check_seal(), "scheduler": "unknown"}
        missing = missing_keys(connection)
        return {
            "database": "ok",
            "encryption": f"key {', '.join(missing)} is missing" if missing else check_seal(),
            "scheduler": check_leader(connection),
        }


def is_migrated(connection: Connection) -> bool:
    """Whether the schema is the newest that this program knows, or newer."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    there = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    head, known = revisions(migrations.directory)
    return there == head or (there is not None and there not in known)


@lru_cache
def revisions(folder: str) -> tuple[str | None, frozenset[str]]:
    """The newest revision and all of them."""
    scripts = ScriptDirectory(folder)
    return scripts.get_current_head(), frozenset(r.revision for r in scripts.walk_revisions())


def check_seal() -> str:
    """A text goes through the ring and back."""
    where: dict[str, Any] = {"table": "health", "row": 0, "column": "check"}
    try:
        back = keys().open(keys().seal("seal", **where), **where)
    except SealBroken:
        return "failed"
    return "ok" if back == "seal" else "failed"


def check_leader(connection: Connection) -> str:
    """`enabled` or `disabled` (CRON_ENABLED) while a scheduler leads, else `away`."""
    late = LATE_LEADER - LEADER_LEASE
    owner = connection.scalar(
        select(Lease.owner).where(Lease.name == LEADER, Lease.lease_until > epoch() - late)
    )
    host, _, pid = (owner or "").rpartition(":")
    if not owner or is_dead(host, pid):
        return "away"
    return "enabled" if settings().cron_enabled else "disabled"


def ask_redis() -> Checks:
    redis().ping()
    live = count_workers(redis())
    wanted = expected_workers()
    if live >= wanted:
        return {"redis": "ok", "workers": "ok"}
    return {"redis": "ok", "workers": f"{live} of {wanted}" if live else "none"}


def expected_workers() -> int:
    """How many `bin/run` keeps on this machine; elsewhere one is enough to go on."""
    supervised = (settings().hub_data_dir / "run.json").exists()
    return settings().workers if supervised else 1


def count_workers(client: Any) -> int:
    """RQ workers that live. Read as hashes: `Worker.all` would raise the timeouts of our pool."""
    keys = sorted(worker_registration.get_keys(connection=client))
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.hmget(key, "last_heartbeat", "hostname", "pid")
    return sum(
        is_live(*(word.decode() if word else "" for word in row)) for row in pipeline.execute()
    )


def is_live(heartbeat: str, host: str, pid: str) -> bool:
    if not heartbeat or is_dead(host, pid):
        return False
    return rq_now() - utcparse(heartbeat) < LATE_WORKER


def is_dead(host: str, pid: str) -> bool:
    """Whether a process of this machine is known to be gone; others are believed."""
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
