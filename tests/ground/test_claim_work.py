"""Claimable rows on both databases: claim, heartbeat, fence, sweep (hub/work.py)."""

import threading
from collections import Counter
from contextvars import Context
from typing import Any

import pytest
from sqlalchemy import insert, select, true, update

from hub import work
from hub.db import begin, db, epoch
from hub.sync.items import items
from hub.sync.models import SyncRun
from hub.work import DONE, FAILED, QUEUED, RUNNING, LeaseLost
from tests.people import add_store

pytestmark = pytest.mark.usefixtures("database", "app")


@pytest.fixture
def queued(app: Any) -> list[int]:
    """Ids of six queued items, each of a store of its own."""
    stores = [add_store(f"s{n}").id for n in range(6)]
    db.session.commit()
    with begin() as connection:
        run = connection.execute(
            insert(SyncRun).values(job="user", trigger="api", day=1, total=6).returning(SyncRun.id)
        ).scalar_one()
        made = [{"run_id": run, "store_id": one, "job": "user", "state": QUEUED} for one in stores]
        connection.execute(insert(items), made)
        return list(connection.execute(select(items.c.id).order_by(items.c.id)).scalars())


def claim(owner: str = "me", limit: int = 1, lease: float = 20) -> list[Any]:
    take = work.claiming(items, where=true(), order=[items.c.id], limit=limit)
    with begin() as connection:
        return work.claim(connection, take, owner, lease)


def finish(row: Any, state: str = DONE, **values: Any) -> None:
    with begin() as connection:
        work.finish(connection, items, row.id, row.fence, state, **values)


def sweep() -> tuple[int, list[Any]]:
    with begin() as connection:
        return work.sweep(connection, items)


def row(row_id: int) -> Any:
    with begin() as connection:
        return connection.execute(select(items).where(items.c.id == row_id)).one()


def database_time() -> float:
    with begin() as connection:
        return float(connection.execute(select(epoch())).scalar_one())


def expire(*ids: int) -> None:
    """As if the lease had been taken long ago."""
    with begin() as connection:
        connection.execute(
            update(items).where(items.c.id.in_(ids)).values(lease_until=epoch() - 0.001)
        )


def test_a_claim_takes_the_next_row_under_a_new_fence(queued: list[int]) -> None:
    [mine] = claim(lease=20)
    assert (mine.id, mine.state, mine.owner) == (queued[0], RUNNING, "me")
    assert (mine.fence, mine.attempts) == (1, 1)
    assert 19 < mine.lease_until - database_time() <= 20
    assert [one.id for one in claim("other", limit=2)] == queued[1:3]


def test_parallel_claimers_never_share_a_row(queued: list[int], app: Any) -> None:
    got: list[tuple[str, int]] = []
    together = threading.Barrier(4)

    def take(owner: str) -> None:
        with app.app_context():
            together.wait()
            while rows := claim(owner, limit=1):
                got.append((owner, rows[0].id))

    threads = [threading.Thread(target=Context().run, args=(take, f"worker {n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert Counter(one for _, one in got) == dict.fromkeys(queued, 1)
    assert all(row(one).fence == 1 for one in queued)


def test_a_heartbeat_prolongs_only_ones_own(queued: list[int]) -> None:
    [mine], [other] = claim("me", lease=1), claim("other", lease=1)
    with begin() as connection:
        assert work.heartbeat(connection, items, "me", 500) == 1
    assert row(mine.id).lease_until > mine.lease_until + 400
    assert row(other.id).lease_until == other.lease_until


def test_a_finished_row_is_not_prolonged_or_ended_again(queued: list[int]) -> None:
    [mine] = claim()
    finish(mine, DONE, message="first")
    with begin() as connection:
        assert work.heartbeat(connection, items, "me", 500) == 0
    with pytest.raises(LeaseLost):
        finish(mine, FAILED, message="second")
    assert (row(mine.id).state, row(mine.id).message) == (DONE, "first")
    assert row(mine.id).owner is None


def test_who_lost_the_lease_writes_nothing(queued: list[int]) -> None:
    """The whole transaction is refused, also what was written before `finish`."""
    [late] = claim("late")
    expire(late.id)
    assert sweep() == (1, [])
    [again] = claim("again")
    assert (again.id, again.fence, again.attempts) == (late.id, 2, 2)
    with pytest.raises(LeaseLost), begin() as connection:  # noqa: PT012
        connection.execute(update(items).where(items.c.id == queued[5]).values(message="late"))
        work.finish(connection, items, late.id, late.fence, DONE, message="late")
    assert row(late.id).message is None
    assert row(queued[5]).message is None
    finish(again, DONE, message="in time")
    assert row(late.id).message == "in time"


def test_a_row_taken_back_but_not_claimed_again_is_lost_too(queued: list[int]) -> None:
    [late] = claim()
    expire(late.id)
    sweep()
    with pytest.raises(LeaseLost):
        finish(late)
    assert row(late.id).state == QUEUED


def test_the_sweeper_leaves_living_leases_alone(queued: list[int]) -> None:
    [mine] = claim(lease=20)
    assert sweep() == (0, [])
    assert row(mine.id).state == RUNNING


def test_a_row_without_a_lease_is_taken_back(queued: list[int]) -> None:
    [mine] = claim()
    with begin() as connection:
        connection.execute(update(items).where(items.c.id == mine.id).values(lease_until=None))
    assert sweep()[0] == 1


def test_the_fifth_lost_lease_is_poison(queued: list[int]) -> None:
    for attempt in range(1, 6):
        [mine] = claim()
        assert (mine.id, mine.attempts) == (queued[0], attempt)
        expire(mine.id)
        back, poison = sweep()
        assert (back, [one.id for one in poison]) == (
            (1, []) if attempt < 5 else (0, [queued[0]])
        )  # fmt: skip
    assert row(queued[0]).state == FAILED
    assert row(queued[0]).lease_until is None
    assert claim()[0].id == queued[1]


def test_handing_back_is_no_attempt(queued: list[int]) -> None:
    [mine], [other] = claim("me"), claim("other")
    with begin() as connection:
        assert work.release(connection, items, "me") == 1
    assert (row(mine.id).state, row(mine.id).attempts) == (QUEUED, 0)
    assert row(other.id).state == RUNNING
    with pytest.raises(LeaseLost):
        finish(mine)
    assert claim()[0].fence == 2


def test_leases_live_on_the_database_clock(queued: list[int], clock: Any) -> None:
    """A clock that jumps a day neither frees nor holds work (F11)."""
    claim(lease=20)
    clock.shift(86_400)
    assert sweep() == (0, [])
    clock.shift(-2 * 86_400)
    assert sweep() == (0, [])
