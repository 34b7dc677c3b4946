"""Stores, their TikTok accounts, one-time connect links, events TikTok sent us."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.clock import now
from hub.db import Base, Json, UTCDateTime, one_of
from hub.oauth import TokenHolder

CONNECTED, NEED_RECONNECT, ERROR = "CONNECTED", "NEED_RECONNECT", "ERROR"
DISABLED, NOT_CONNECTED = "DISABLED", "NOT_CONNECTED"
STATUSES = (CONNECTED, NEED_RECONNECT, ERROR, DISABLED, NOT_CONNECTED)
STOPPED = (NEED_RECONNECT, ERROR, DISABLED)
USABLE = (CONNECTED, ERROR)  # ERROR is tried each night: one success clears it


class Store(Base):
    """A shop whose TikTok account is reported (spec 003). `id` keys the narrow tables."""

    __tablename__ = "stores"
    __table_args__ = (Index("uq_stores_store_code_lower", text("lower(store_code)"), unique=True),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    store_code: Mapped[str] = mapped_column(String(50), unique=True)
    store_name: Mapped[str] = mapped_column(String(255))
    pic_name: Mapped[str] = mapped_column(String(255))
    pic_contact: Mapped[str | None] = mapped_column(String(255))
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class StoreAccount(TokenHolder, Base):
    """The TikTok account of a store: at most one row a store and platform.

    `cause` says why it stopped, in our words; `status_since` since when. After a disconnect the
    row stays (NOT_CONNECTED, no tokens) so that the same account coming back is recognised.
    """

    __tablename__ = "store_accounts"
    __table_args__ = (
        one_of("status", STATUSES),
        Index("uq_store_accounts_store_platform", "store_code", "platform", unique=True),
        Index(
            "uq_store_accounts_identifier",
            "platform",
            "account_identifier",
            unique=True,
            sqlite_where=text("status <> 'NOT_CONNECTED'"),
            postgresql_where=text("status <> 'NOT_CONNECTED'"),
        ),
        Index("ix_store_accounts_status", "status"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    store_code: Mapped[str] = mapped_column(ForeignKey("stores.store_code"))
    platform: Mapped[str] = mapped_column(String(50), default="tiktok")
    account_identifier: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(50), default=CONNECTED)
    connected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_sync_time: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    # part of the list's ETag: no change of a row may leave it alone
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now, onupdate=now)
    cause: Mapped[str | None] = mapped_column(String(40))
    cause_detail: Mapped[str | None] = mapped_column(Text)
    status_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failed_nights: Mapped[int] = mapped_column(Integer, default=0)
    last_failed_day: Mapped[int | None] = mapped_column(Integer)
    display_name: Mapped[str | None] = mapped_column(String(255))
    avatar_url: Mapped[str | None] = mapped_column(Text)
    username: Mapped[str | None] = mapped_column(String(255))
    connected_by: Mapped[str | None] = mapped_column(String(320))


class ConnectLink(Base):
    """`/c/<token>`: a person in charge connects one store, once."""

    __tablename__ = "connect_links"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), index=True)
    created_by: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class PendingAccount(TokenHolder, Base):
    """Another TikTok account for a connected store, waiting to be confirmed; the old one stays."""

    __tablename__ = "pending_accounts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    store_code: Mapped[str] = mapped_column(ForeignKey("stores.store_code"))
    account_identifier: Mapped[str] = mapped_column(String(255))
    actor: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ProviderEvent(Base):
    """A webhook of a provider that was handled: doubles are ignored."""

    __tablename__ = "provider_events"

    body_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    event: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
