"""People: accounts and roles, their browser sessions, one-time links, named keys, the audit log."""

from datetime import datetime
from typing import Any

from flask_login import UserMixin
from sqlalchemy import Boolean, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.clock import now
from hub.db import Base, Json, UTCDateTime, id_type, new_id, one_of

ROLES = ("admin", "ops", "store", "influencer")
PLATFORMS = ("tiktok", "instagram", "facebook", "youtube")


class User(UserMixin, Base):
    """Somebody who can log in (spec 004, table users)."""

    __allow_unmapped__ = True
    __tablename__ = "users"
    __table_args__ = (
        one_of("role", ROLES),
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
    )

    id: Mapped[str] = mapped_column(id_type(), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    role: Mapped[str] = mapped_column(String(20), default="influencer")
    display_name: Mapped[str] = mapped_column(String(100), default="")
    locale: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str] = mapped_column(String(64), default="Asia/Jakarta")
    active: Mapped[bool] = mapped_column("is_active", Boolean, default=True)
    store_tags: Mapped[list[str]] = mapped_column(Json, default=list)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    session_token: str = ""  # of the browser that logs in right now; never stored

    def get_id(self) -> str:
        """What flask-login keeps in the cookie: the session's token, not the account's id."""
        return self.session_token

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def name(self) -> str:
        return self.display_name or self.email.split("@")[0]


class UserStore(Base):
    """A store that a person with the role `store` is in charge of."""

    __tablename__ = "user_stores"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"), primary_key=True)


class BrowserSession(Base):
    """One logged-in browser; ended by logout, by its owner, by a new password or by disabling."""

    __tablename__ = "browser_sessions"

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    public_id: Mapped[str] = mapped_column(id_type(), default=new_id, unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    agent: Mapped[str] = mapped_column(String(255), default="")
    ip_address: Mapped[str] = mapped_column(String(50), default="")


class InviteLink(Base):
    """`/i/<token>`: sets a password once (a new person, or a forgotten password)."""

    __tablename__ = "invite_links"
    __table_args__ = (one_of("purpose", ("invite", "reset")),)

    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20), default="invite")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ApiKey(Base):
    """A named X-API-KEY; only its digest is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(id_type(), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    key_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Block(Base):
    """Failures of an account, address or key since `since`; five of them block for 15 minutes.

    In the database, so that blocks hold with Redis away and over all processes.
    """

    __tablename__ = "blocks"

    subject: Mapped[str] = mapped_column(String(320), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    since: Mapped[float] = mapped_column(Float)


class Log(Base):
    """The audit trail of everything that people and keys did (spec 004, table logs)."""

    __tablename__ = "logs"
    __table_args__ = (
        one_of("status", ("success", "failure")),
        Index("ix_logs_created_at", "created_at"),
        Index("ix_logs_user_id_created_at", "user_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(id_type(), primary_key=True, default=new_id)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    platform: Mapped[str | None] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10), default="success")
    message: Mapped[str | None] = mapped_column(Text)
    request_payload: Mapped[Any | None] = mapped_column(Json)
    response_payload: Mapped[Any | None] = mapped_column(Json)
    ip_address: Mapped[str | None] = mapped_column(String(50))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    actor: Mapped[str | None] = mapped_column(String(320))
    subject: Mapped[str | None] = mapped_column(String(320))
    request_id: Mapped[str | None] = mapped_column(String(64))
