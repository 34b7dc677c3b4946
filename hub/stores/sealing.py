"""The pair of tokens in a row: sealed to table, row and column, opened again."""

from typing import Any

from sqlalchemy import inspect

from hub.oauth import Tokens
from hub.seals import keys
from hub.stores.models import PendingAccount, StoreAccount

ACCESS, REFRESH = "encrypted_access_token", "encrypted_refresh_token"
ACCOUNTS = "store_accounts"


def sealed(table: str, row_id: int, tokens: Tokens) -> dict[str, Any]:
    """The columns of a pair for the row `row_id`. A reply without a refresh token gives none: it
    must not replace a stored one."""
    columns: dict[str, Any] = {
        ACCESS: keys().seal(tokens.access_token, table=table, row=row_id, column=ACCESS),
        "token_expires_at": tokens.access_expires_at,
    }
    if tokens.refresh_token:
        columns[REFRESH] = keys().seal(
            tokens.refresh_token, table=table, row=row_id, column=REFRESH
        )
        columns["refresh_token_expires_at"] = tokens.refresh_expires_at
    return columns


def opened(table: str, row: Any, column: str) -> str | None:
    """A column of a row (anything with `id` and the column) in clear; raises `SealBroken`."""
    text: str | None = getattr(row, column)
    return keys().open(text, table=table, row=row.id, column=column) if text else None


def table_of(row: StoreAccount | PendingAccount) -> str:
    return str(inspect(type(row)).local_table.name)  # type: ignore[attr-defined]


def seal_pair(
    row: StoreAccount | PendingAccount, tokens: Tokens, *, keep_refresh: bool = False
) -> None:
    """Put a pair into a row that has its id. `keep_refresh`: the row holds the same account's
    pair, whose refresh token stays when the reply has none."""
    if not keep_refresh:
        row.encrypted_refresh_token = row.refresh_token_expires_at = None
    for name, value in sealed(table_of(row), row.id, tokens).items():
        setattr(row, name, value)
    row.scopes = ",".join(tokens.scopes)


def open_pair(row: StoreAccount | PendingAccount) -> tuple[str | None, str | None]:
    """(access, refresh) in clear; raises `SealBroken`."""
    table = table_of(row)
    return opened(table, row, ACCESS), opened(table, row, REFRESH)
