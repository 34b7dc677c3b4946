"""What `doctor` says: each setting with its source and effect, and whether Hub can stand on it."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from hub import embedded, jobs
from hub.access import settings
from hub.clock import now
from hub.config import Settings, source_of
from hub.crypto import redact
from hub.db import Base, db, migrations, reading
from hub.health import is_migrated, revisions
from hub.seals import keys, missing_keys

SECRET = re.compile(r"secret|key|token_enc", re.I)
SECRET_ADDRESSES = ("database_url", "redis_url", "mail_url")
ENOUGH_DISK = 1024**3  # bytes; a year of 300 stores takes about this much
OK, WARN, BROKEN = "ok", "warn", "broken"


@dataclass(frozen=True)
class Finding:
    """`state`: ok, warn (works, but look at it) or broken."""

    what: str
    state: str
    said: str


def describe_settings() -> Iterator[str]:
    """A line per setting: name, value (secrets masked), source, effect."""
    config = settings()
    rows = [
        (name.upper(), shown(config, name), source_of(config, name), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    for name, value, source, effect in rows:
        yield f"{name:<{first}}  {value:<{min(second, 60)}}  {source:<11}  {effect}"


def shown(config: Settings, name: str) -> str:
    value = getattr(config, name)
    if value in ("", None):
        return "(empty)"
    if SECRET.search(name):
        return f"(hidden, {len(value)} characters)"
    return masked(str(value)) if name in SECRET_ADDRESSES else str(value)


def masked(address: str) -> str:
    """An address without user and password."""
    return re.sub(r"://[^/]*@", "://[hidden]@", address)


def examine() -> list[Finding]:
    """Every check; one that fails does not stop the others."""
    checks: dict[str, Callable[[], tuple[str, str]]] = {
        "mode": check_mode,
        "database": check_database,
        "schema": check_schema,
        "keys": check_keys,
        "redis": check_redis,
        "tiktok": check_tiktok,
        "redirect": check_redirect,
        "disk": check_disk,
        "time": check_time,
    }
    return [Finding(name, *check()) for name, check in checks.items()]


def check_mode() -> tuple[str, str]:
    config = settings()
    if not config.production:
        return OK, f"{config.hub_env}: missing secrets are made and kept in the data folder"
    small = [word for word, used in (("SQLite", config.sqlite), ("the embedded Redis",
             not config.redis_url)) if used]  # fmt: skip
    if small:
        return WARN, f"production on {' and '.join(small)}: fine on one machine, no further"
    return OK, "production"


def check_database() -> tuple[str, str]:
    config = settings()
    try:
        with reading(), db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            there = connection.dialect.server_version_info or ()
    except SQLAlchemyError as error:
        return BROKEN, f"cannot be reached ({one_line(error)})"
    version = ".".join(map(str, there))
    place = config.database_url.removeprefix("sqlite:///") if config.sqlite else ""
    return OK, f"SQLite {version} in {place}" if config.sqlite else f"PostgreSQL {version}"


def check_schema() -> tuple[str, str]:
    head, _known = revisions(migrations.directory)
    try:
        with reading(), db.engine.connect() as connection:
            if is_migrated(connection):
                return OK, f"at {head}"
            tables = set(inspect(connection).get_table_names())
    except SQLAlchemyError:
        return BROKEN, "cannot be read"
    if "alembic_version" not in tables and tables & set(Base.metadata.tables):
        return BROKEN, "the database holds foreign tables of our names: give Hub one of its own"
    return BROKEN, f"not at {head}: run   flask --app wsgi migrate"


def check_keys() -> tuple[str, str]:
    active = keys().active
    try:
        with reading(), db.engine.connect() as connection:
            missing = missing_keys(connection)
    except SQLAlchemyError:
        return BROKEN, "stored access cannot be read"
    if missing:
        return BROKEN, f"key {', '.join(missing)} that encrypted stored access is not here"
    return OK, f"the ring opens all stored access (active key {active})"


def check_redis() -> tuple[str, str]:
    client, place = find_redis()
    if client is None:
        return WARN, place
    try:
        version = client.info("server")["redis_version"]
    except RedisError as error:
        return BROKEN, f"{place} does not answer ({one_line(error)})"
    return OK, f"{place}, version {version}"


def find_redis() -> tuple[Any, str]:
    """The client to ask, or None and why nobody is asked."""
    config = settings()
    if config.redis_url:
        return jobs.redis(), f"Redis at {masked(config.redis_url)}"
    binary = embedded.find_redis_server()
    if binary is None:
        return None, "no redis-server or valkey-server here: install one or set REDIS_URL"
    if not is_running():
        return None, f"bin/run starts its own ({binary.name}); it does not run now"
    socket = embedded.redis_socket(embedded.redis_home(config.hub_data_dir, binary))
    own = config.model_copy(update={"redis_url": embedded.redis_address(socket)})
    return jobs.connect(own), "the embedded Redis"


def is_running() -> bool:
    """Whether `bin/run` or `bin/demo` lives on this data folder with a Redis of its own."""
    try:
        return bool(json.loads((settings().hub_data_dir / "run.json").read_text())["pids"]["redis"])
    except (OSError, ValueError, KeyError):
        return False


def check_tiktok() -> tuple[str, str]:
    config = settings()
    if not config.tiktok_ready:
        return WARN, "not set up: nobody can connect a store (TIKTOK_CLIENT_KEY, _SECRET)"
    host = urlsplit(config.tiktok_api_url).hostname or ""
    if not host.endswith("tiktokapis.com"):
        return (BROKEN if config.production else WARN), f"speaks to {host}, which is not TikTok"
    return OK, f"asks for {', '.join(config.scopes)}"


def check_redirect() -> tuple[str, str]:
    config = settings()
    given = urlsplit(config.tiktok_redirect_uri)
    own = urlsplit(config.public_url)
    if given.path != "/auth/tiktok/callback":
        return BROKEN, f"TIKTOK_REDIRECT_URI ends at {given.path}, not at /auth/tiktok/callback"
    if (given.scheme, given.netloc) != (own.scheme, own.netloc):
        return BROKEN, f"TIKTOK_REDIRECT_URI is on {given.netloc}, PUBLIC_URL on {own.netloc}"
    return OK, f"{config.tiktok_redirect_uri} must stand in TikTok's portal exactly so"


def check_disk() -> tuple[str, str]:
    folder = settings().hub_data_dir
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return BROKEN, f"the data folder cannot be used ({one_line(error)})"
    said = f"{free / 1024**3:.1f} GiB free for {folder}"
    return (OK if free > ENOUGH_DISK else WARN), said


def check_time() -> tuple[str, str]:
    config = settings()
    said = f"zone {config.tz}, now {now():%Y-%m-%d %H:%M:%S} UTC"
    if config.clock_offset:
        return WARN, f"{said}, shifted by {config.clock_offset:+.0f} s (HUB_CLOCK_OFFSET)"
    return OK, said


def one_line(error: Exception) -> str:
    return masked(redact(str(getattr(error, "orig", error)).strip().splitlines()[0]))[:160]
