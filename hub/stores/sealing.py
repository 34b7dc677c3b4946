"""The pair of tokens in a row: sealed to table, row and column, opened again."""

from flask import current_app
from sqlalchemy import inspect

from hub.crypto import KeyRing
from hub.oauth import Tokens
from hub.stores.models import PendingAccount, StoreAccount

ACCESS, REFRESH = "encrypted_access_token", "encrypted_refresh_token"


def keys() -> KeyRing:
    found: KeyRing = current_app.extensions["keys"]
    return found


def seal(row: StoreAccount | PendingAccount, plain: str, column: str) -> str:
    return keys().seal(plain, table=table_of(row), row=row.id, column=column)


def unseal(row: StoreAccount | PendingAccount, column: str) -> str | None:
    sealed: str | None = getattr(row, column)
    if not sealed:
        return None
    return keys().open(sealed, table=table_of(row), row=row.id, column=column)


def table_of(row: StoreAccount | PendingAccount) -> str:
    return str(inspect(type(row)).local_table.name)  # type: ignore[attr-defined]


def seal_pair(
    row: StoreAccount | PendingAccount, tokens: Tokens, *, keep_refresh: bool = False
) -> None:
    """Put a pair into a row that has its id. An empty refresh token never overwrites one of the
    same account (`keep_refresh`): a reply without one would end the connection for good."""
    row.encrypted_access_token = seal(row, tokens.access_token, ACCESS)
    row.token_expires_at = tokens.access_expires_at
    row.scopes = ",".join(tokens.scopes)
    if tokens.refresh_token:
        row.encrypted_refresh_token = seal(row, tokens.refresh_token, REFRESH)
        row.refresh_token_expires_at = tokens.refresh_expires_at
    elif not keep_refresh:
        row.encrypted_refresh_token = row.refresh_token_expires_at = None


def open_pair(row: StoreAccount | PendingAccount) -> tuple[str | None, str | None]:
    """(access, refresh) in clear; raises `SealBroken`."""
    return unseal(row, ACCESS), unseal(row, REFRESH)
