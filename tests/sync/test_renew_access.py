"""Tokens: refreshed on use, once, stored before the first use (hub/stores/tokens.py)."""

import threading
import time
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from hub.access import settings as app_settings
from hub.clock import now
from hub.db import begin, epoch
from hub.errors import ProviderError
from hub.http import Exit
from hub.jobs import redis as client
from hub.oauth import Tokens
from hub.providers.tiktok import TikTok
from hub.seals import keys
from hub.stores import tokens as access_tokens
from hub.stores.models import CONNECTED, NEED_RECONNECT
from hub.stores.sealing import ACCESS, REFRESH
from hub.stores.tokens import Access, accounts, fresh_access, in_clear
from hub.sync.calls import Caller
from hub.sync.lanes import TOKEN, lanes
from tests.sync.world import account, change, connect, item, sync

pytestmark = pytest.mark.usefixtures("queue")
CODE = "toko"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"provider_timeout_seconds": 5}


def refresher(stop: Callable[[], bool] = lambda: False) -> Any:
    """The call as the sync makes it: paced, tried again, over a socket."""
    tiktok = TikTok(app_settings(), Exit(5))
    caller = Caller(lanes(client(), 600, 10), stop)
    return lambda old, hold: caller.call(TOKEN, lambda: hold() or tiktok.refresh(old))


def renew(**more: Any) -> Access:
    return fresh_access(account(CODE).id, refresher(), **more)


def stored(column: str) -> str:
    return in_clear(account(CODE), column)


def expire() -> None:
    change(CODE, token_expires_at=now() - timedelta(seconds=1))


def side_by_side(app: Any, count: int, action: Callable[[], Any]) -> list[Any]:
    """What each of the threads got, or the error it met."""
    together, got = threading.Barrier(count), []

    def go() -> None:
        with app.app_context():
            together.wait()
            try:
                got.append(action())
            except Exception as error:
                got.append(error)

    threads = [threading.Thread(target=Context().run, args=(go,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return got


def test_a_token_that_lives_is_used_as_it_is(sandbox: Any) -> None:
    connect(sandbox, CODE)
    assert renew() == Access(stored(ACCESS), renewed=False)
    assert sandbox.log("oauth/token") == []


def test_twenty_threads_make_one_call(database: str, redis: Any, sandbox: Any, app: Any) -> None:
    """R10: whoever holds the lease refreshes, nineteen wait and use what it stored."""
    connect(sandbox, CODE)
    old = stored(ACCESS)
    expire()
    sandbox.post("/_faults", fault="slow", endpoint="oauth/token", seconds=0.3)
    got = side_by_side(app, 20, renew)
    assert len(sandbox.log("oauth/token")) == 1
    new = stored(ACCESS)
    assert new != old
    assert [access.token for access in got] == [new] * 20
    assert [access.renewed for access in got].count(True) == 1
    assert account(CODE).refresh_lease_until is None


def test_twenty_threads_learn_of_a_dead_pair_by_one_call(
    database: str, redis: Any, sandbox: Any, app: Any
) -> None:
    connect(sandbox, CODE)
    expire()
    sandbox.post("/_faults", fault="slow", endpoint="oauth/token", seconds=0.2)
    sandbox.post("/_world/remove", handle=CODE)
    got = side_by_side(app, 20, renew)
    assert {error.cause for error in got} == {"access_expired"}
    assert len(sandbox.log("oauth/token")) == 1
    assert (account(CODE).status, account(CODE).cause) == (NEED_RECONNECT, "access_expired")


def test_the_new_pair_is_stored_before_it_is_used(sandbox: Any) -> None:
    connect(sandbox, CODE)
    before = stored(REFRESH)
    expire()
    access = renew()
    assert access.renewed
    assert stored(ACCESS) == access.token
    assert stored(REFRESH) != before, "TikTok turns both"
    assert account(CODE).token_expires_at > now() + timedelta(hours=1)
    expire()
    assert renew().token != access.token, "and the turned one works the next time"


def test_until_and_avoid_ask_for_another(sandbox: Any) -> None:
    connect(sandbox, CODE)
    first = stored(ACCESS)
    assert not renew(until=now() + timedelta(hours=1)).renewed
    assert renew(until=now() + timedelta(days=1)).renewed
    second = stored(ACCESS)
    assert renew(avoid=first) == Access(second, renewed=False)
    assert renew(avoid=second).renewed


def test_a_refused_pair_needs_the_owner(sandbox: Any) -> None:
    connect(sandbox, CODE)
    sandbox.post("/_world/remove", handle=CODE)
    expire()
    with pytest.raises(ProviderError) as failed:
        renew()
    assert (failed.value.cause, failed.value.permanent) == ("access_expired", True)
    row = account(CODE)
    assert (row.status, row.cause) == (NEED_RECONNECT, "access_expired")
    assert row.cause_detail.startswith("400 invalid_grant")
    assert row.status_since is not None
    with pytest.raises(ProviderError, match="owner"):
        renew()
    assert len(sandbox.log("oauth/token")) == 1, "a dead pair is not asked for again"


@pytest.mark.parametrize("fault", [
    {"fault": "500", "late": True},
    {"fault": "cut"},
    {"fault": "hang", "late": True, "seconds": 9},
])  # fmt: skip
def test_a_reply_that_was_lost_is_told(fault: Any, sandbox: Any, settings: Any, app: Any) -> None:
    """TikTok turned the pair and the answer never came: nothing can heal it but its owner."""
    app.extensions["settings"].provider_timeout_seconds = 0.5
    connect(sandbox, CODE)
    expire()
    sandbox.post("/_faults", endpoint="oauth/token", **fault)
    run = sync("user", CODE)
    assert (item(run).state, item(run).cause) == ("failed", "refresh_interrupted")
    assert (account(CODE).status, account(CODE).cause) == (NEED_RECONNECT, "refresh_interrupted")


def test_an_unreadable_reply_is_told_the_next_time(sandbox: Any) -> None:
    connect(sandbox, CODE)
    expire()
    sandbox.post("/_faults", fault="truncated", endpoint="oauth/token")
    assert item(sync("user", CODE)).cause == "bad_response"
    assert account(CODE).status == CONNECTED
    assert item(sync("user", CODE)).cause == "refresh_interrupted"


def test_who_dies_while_refreshing_is_recognised(sandbox: Any) -> None:
    """kill -9 between the reply and the commit (F16): the lease on the row is the trace."""
    connect(sandbox, CODE)
    expire()
    row = account(CODE)
    assert access_tokens.take_lease(row) is not None
    TikTok(app_settings()).refresh(in_clear(row, REFRESH))  # and then it is killed
    with begin() as connection:
        connection.execute(update(accounts).values(refresh_lease_until=epoch() - 1))
    with pytest.raises(ProviderError) as failed:
        renew()
    assert failed.value.cause == "refresh_interrupted"
    assert account(CODE).cause == "refresh_interrupted"


def test_two_parts_of_a_store_say_the_same_cause(sandbox: Any, app: Any) -> None:
    """Nobody who waited may write over why the account stopped."""
    connect(sandbox, CODE)
    expire()
    sandbox.post("/_faults", fault="500", endpoint="oauth/token", late=True)
    got = side_by_side(app, 6, renew)
    assert {error.cause for error in got} == {"refresh_interrupted"}
    assert account(CODE).cause == "refresh_interrupted"


def test_a_lease_that_is_held_is_waited_for(sandbox: Any) -> None:
    connect(sandbox, CODE)
    expire()
    row = account(CODE)
    assert access_tokens.take_lease(row) is not None
    assert access_tokens.take_lease(row) is None
    with begin() as connection:
        connection.execute(update(accounts).values(refresh_lease_until=epoch() + 0.3))
    start = time.monotonic()
    assert renew().renewed
    assert time.monotonic() - start > 0.2


def test_a_row_that_was_read_before_a_refresh_takes_no_lease(sandbox: Any) -> None:
    """Its refresh token is dead by now: sending it would end the connection."""
    connect(sandbox, CODE)
    expire()
    stale = account(CODE)
    renew()
    assert access_tokens.take_lease(stale) is None


def test_who_waited_longer_than_its_lease_does_not_send(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call may wait minutes for its lane; meanwhile another one refreshed."""
    connect(sandbox, CODE)
    expire()
    monkeypatch.setattr(access_tokens, "HELD_SURELY", 0.0)
    tiktok, sent = TikTok(app_settings()), []

    def late(old: str, hold: Callable[[], None]) -> Tokens:
        if not sent:
            sent.append("other")
            with begin() as connection:
                connection.execute(update(accounts).values(refresh_lease_until=epoch() - 1))
            assert renew().renewed
        hold()
        sent.append("late")
        return tiktok.refresh(old)

    access = fresh_access(account(CODE).id, late)
    assert sent == ["other"]
    assert access.token == stored(ACCESS)
    assert account(CODE).status == CONNECTED
    assert len(sandbox.log("oauth/token")) == 1


def test_a_lease_is_prolonged_before_each_try(
    sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(sandbox, CODE)
    expire()
    monkeypatch.setattr(access_tokens, "HELD_SURELY", 0.0)
    leases = []

    def slow(old: str, hold: Callable[[], None]) -> Tokens:
        for _ in range(2):
            with begin() as connection:
                connection.execute(update(accounts).values(refresh_lease_until=epoch() + 0.1))
            hold()
            leases.append(account(CODE).refresh_lease_until)
        return TikTok(app_settings()).refresh(old)

    fresh_access(account(CODE).id, slow)
    assert min(leases) > time.time() + 5


def test_an_empty_refresh_token_never_overwrites(sandbox: Any) -> None:
    connect(sandbox, CODE)
    before = stored(REFRESH)

    def without(old: str, hold: Any) -> Tokens:
        return Tokens("act.new", "", now() + timedelta(hours=2), None, "open", ())

    expire()
    scopes = account(CODE).scopes
    assert fresh_access(account(CODE).id, without).token == "act.new"
    assert (stored(ACCESS), stored(REFRESH)) == ("act.new", before)
    assert account(CODE).refresh_token_expires_at is not None
    assert account(CODE).scopes == scopes


def test_a_token_of_another_row_does_not_open(sandbox: Any) -> None:
    connect(sandbox, CODE, "other")
    change(CODE, encrypted_access_token=account("other").encrypted_access_token)
    run = sync("user", CODE)
    assert (item(run).state, item(run).cause) == ("failed", "access_unreadable")
    assert sandbox.log() == [], "nothing of another store was used"


def test_a_refresh_token_of_another_row_does_not_open(sandbox: Any) -> None:
    connect(sandbox, CODE, "other")
    expire()
    change(CODE, encrypted_refresh_token=account("other").encrypted_refresh_token)
    assert item(sync("user", CODE)).cause == "access_unreadable"
    assert (account(CODE).status, account(CODE).cause) == (NEED_RECONNECT, "access_unreadable")
    assert sandbox.log() == []


def test_an_access_that_is_refused_is_renewed_once(sandbox: Any) -> None:
    connect(sandbox, CODE)
    sandbox.post("/_faults", fault="token_invalid", endpoint="user/info", times=1)
    assert item(sync("user", CODE)).state == "done"
    assert [call["code"] for call in sandbox.log("user/info")] == ["access_token_invalid", "ok"]
    assert len(sandbox.log("oauth/token")) == 1
    assert account(CODE).status == CONNECTED


def test_a_busy_token_address_fails_nothing(sandbox: Any) -> None:
    connect(sandbox, CODE)
    expire()
    sandbox.post("/_faults", fault="429", endpoint="oauth/token", times=2, status=429)
    assert item(sync("user", CODE)).state == "done"
    assert account(CODE).status == CONNECTED


def test_nothing_is_stored_in_clear(sandbox: Any) -> None:
    connect(sandbox, CODE)
    expire()
    token = renew().token
    row = account(CODE)
    for column in (ACCESS, REFRESH):
        sealed = getattr(row, column)
        assert sealed.startswith("v1.")
        assert token not in sealed
        assert "act." not in sealed
    assert keys().open(row.encrypted_access_token, table="store_accounts", row=row.id,
                       column=ACCESS) == token  # fmt: skip
