"""A usable access token of an account: refreshed on use, one process at a time, stored first.

TikTok turns both tokens at each refresh and the old pair is dead at once, so the new pair is
committed before its first use. The lease on the row is also the record of an intent: a refresh
that died half-way is recognised, and said so, when the stored pair turns out dead (F16).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.engine import Connection, Row

from hub.access import settings
from hub.bulk import change
from hub.clock import now
from hub.crypto import SealBroken
from hub.db import begin, db, epoch, reading, table_of
from hub.errors import ProviderError
from hub.log import logger
from hub.oauth import Tokens, ends_soon
from hub.stores.models import NEED_RECONNECT, StoreAccount
from hub.stores.sealing import ACCESS, ACCOUNTS, REFRESH, opened, sealed
from hub.work import LeaseLost, insist

Refresh = Callable[[str, Callable[[], None]], Tokens]

accounts = table_of(StoreAccount)
MARGIN = timedelta(seconds=60)
POLL = 0.05
LONGEST_WAIT = 300.0  # a refresh may wait that long for its lane (429)
HELD_SURELY = 1.0  # seconds in which a lease just taken need not be prolonged
ENDED = "Access has ended: the owner must allow it again"
ACCOUNT = select(accounts).where(accounts.c.id == bindparam("account"))


@dataclass(frozen=True)
class Access:
    """A token to use now, and whether it was renewed to get it."""

    token: str
    renewed: bool


def in_clear(row: Row[Any], column: str) -> str:
    """A token of an account's row; a seal that is broken is a cause like any other."""
    try:
        return opened(ACCOUNTS, row, column) or ""
    except SealBroken as broken:
        raise ProviderError(
            "access_unreadable", "The stored access cannot be opened", permanent=True,
            detail=str(broken),
        ) from None  # fmt: skip


def read_account(account_id: int) -> Row[Any]:
    with reading(), db.engine.connect() as connection:
        return connection.execute(ACCOUNT, {"account": account_id}).one()


def fresh_access(
    account_id: int,
    refresh: Refresh,
    *,
    avoid: str | None = None,
    until: datetime | None = None,
) -> Access:
    """A token that lives past `until` (default: a minute from now) and is not `avoid`.

    `refresh(old, hold)` makes the call, and calls `hold()` before each time it sends. Whoever
    holds the lease refreshes, the others wait for its result. Raises `ProviderError`; a dead
    pair has then turned the account to NEED_RECONNECT.
    """
    deadline = time.monotonic() + LONGEST_WAIT + 6 * settings().provider_timeout_seconds
    renewed_by_other = False
    while True:
        row = read_account(account_id)
        if not row.encrypted_access_token or not row.encrypted_refresh_token:
            raise ProviderError("not_connected", "No TikTok account is connected", permanent=True)
        if row.status == NEED_RECONNECT:  # whoever waited for the lease: the pair is dead
            raise ProviderError(row.cause or "access_expired", ENDED, permanent=True)
        token = in_clear(row, ACCESS)
        enough = not ends_soon(row.token_expires_at, MARGIN)
        if enough and until is not None and not renewed_by_other:
            enough = row.token_expires_at >= until or just_renewed(row)
        if enough and token != avoid:
            return Access(token, renewed=False)
        if (fence := take_lease(row)) is not None:
            try:
                return Access(renew(row, fence, refresh), renewed=True)
            except LeaseLost:
                pass  # it waited so long for its turn that another one took over
        if time.monotonic() > deadline:
            raise ProviderError("timeout", "Another process did not finish renewing the access")
        time.sleep(POLL)
        renewed_by_other = True


def just_renewed(row: Row[Any]) -> bool:
    """Whether renewing again could not give a longer life: twenty syncs of one store that ask
    for access until the next slot renew it once."""
    return row.token_renewed_at is not None and row.token_renewed_at > now() - MARGIN


def take_lease(row: Row[Any]) -> int | None:
    """The fence when this process may refresh the pair it read; None while another one does."""
    with begin() as connection:
        taken: int | None = connection.execute(
            update(accounts)
            .where(
                accounts.c.id == row.id,
                # nobody began or ended a refresh since it was read
                accounts.c.refresh_fence == row.refresh_fence,
                accounts.c.refresh_lease_until == row.refresh_lease_until,
                or_(
                    accounts.c.refresh_lease_until.is_(None),
                    accounts.c.refresh_lease_until < epoch(),
                ),
            )
            .values(
                refresh_lease_until=epoch() + settings().provider_timeout_seconds + 5,
                refresh_fence=accounts.c.refresh_fence + 1,
            )
            .returning(accounts.c.refresh_fence)
        ).scalar()
    return taken


def holder(account_id: int, fence: int) -> Callable[[], None]:
    """What prolongs the lease before a call is sent. A call may have waited minutes for its lane;
    two that send the same refresh token would end the connection."""
    held_at = time.monotonic()

    def hold() -> None:
        nonlocal held_at
        if time.monotonic() - held_at < HELD_SURELY:
            return
        held_at = time.monotonic()
        with begin() as connection:
            kept = connection.execute(
                update(accounts)
                .where(accounts.c.id == account_id, accounts.c.refresh_fence == fence)
                .values(refresh_lease_until=epoch() + settings().provider_timeout_seconds + 5)
            )
        if kept.rowcount != 1:
            raise LeaseLost(f"refresh of account {account_id}")

    return hold


def renew(row: Row[Any], fence: int, refresh: Refresh) -> str:
    """Refresh with the lease held; the new pair is committed before it is returned."""
    interrupted = row.refresh_lease_until is not None
    try:
        tokens = refresh(in_clear(row, REFRESH), holder(row.id, fence))
    except LeaseLost:
        raise
    except ProviderError as error:
        if error.cause in ("access_expired", "missing_scope", "access_unreadable"):
            # an earlier try may have turned the pair without its answer reaching us
            raise give_up(row, fence, error, interrupted or error.tries > 1) from None
        free_lease(row.id, fence, keep=error.cause in ("timeout", "unreachable", "bad_response"))
        raise
    except BaseException:
        free_lease(row.id, fence, keep=True)
        raise
    pair = sealed(ACCOUNTS, row.id, tokens) | {"refresh_lease_until": None, "updated_at": now()}
    pair["token_renewed_at"] = now()
    if tokens.scopes:
        pair["scopes"] = ",".join(tokens.scopes)

    def store() -> int:
        with begin() as connection:
            return change(connection, accounts, {"id": row.id, "refresh_fence": fence}, pair)

    # The old pair is dead already: a locked database is waited for, whatever else stops (F9).
    if insist(store, lambda: False) != 1:
        raise ProviderError("not_connected", "The account was changed meanwhile", permanent=True)
    return tokens.access_token


def free_lease(account_id: int, fence: int, *, keep: bool) -> None:
    """End the lease. `keep` leaves the trace of a refresh whose outcome nobody knows."""
    with begin() as connection:
        connection.execute(
            update(accounts)
            .where(accounts.c.id == account_id, accounts.c.refresh_fence == fence)
            .values(refresh_lease_until=epoch() - 1 if keep else None)
        )


def give_up(row: Row[Any], fence: int, error: ProviderError, interrupted: bool) -> ProviderError:
    """TikTok refuses the pair: the owner must allow access again."""
    cause = "refresh_interrupted" if interrupted else "access_expired"
    if error.cause == "access_unreadable":
        cause = "access_unreadable"
    with begin() as connection:
        stop_account(connection, row.id, cause, error.detail, fence)
    logger.warning("access has ended", extra={"store": row.store_code, "cause": cause})
    return ProviderError(cause, error.message, permanent=True, detail=error.detail)


def stop_account(
    connection: Connection,
    account_id: int,
    cause: str,
    detail: str | None,
    fence: int | None = None,
) -> None:
    """NEED_RECONNECT with its cause; the pair stays stored, nothing uses it any more."""
    mine = [accounts.c.id == account_id]
    if fence is not None:
        mine.append(accounts.c.refresh_fence == fence)
    connection.execute(
        update(accounts)
        .where(*mine)
        .values(
            status=NEED_RECONNECT,
            cause=cause,
            cause_detail=detail,
            status_since=now(),
            updated_at=now(),
            refresh_lease_until=None,
        )
    )


def granted(scopes: str) -> tuple[str, ...]:
    """The permissions an owner allowed, of the comma list that is stored."""
    return tuple(part.strip() for part in scopes.split(",") if part.strip())


def missing(scopes: str, wanted: Iterable[str]) -> list[str]:
    """Which of the wanted permissions were not allowed."""
    have = granted(scopes)
    return [scope for scope in wanted if scope not in have]
