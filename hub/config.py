"""Settings: the only reader of the environment. Every setting has a name, a default and an effect.

Read once, from the environment and else from `.env` in the working folder. All problems are
reported together (`ConfigError`), never with a value in them. In development missing secrets
are made once and kept in the data folder; in production they must be given.
"""

import json
import os
import re
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from croniter import croniter
from dotenv import dotenv_values
from limits import parse_many
from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

OWN_SECRETS = ("token_enc_key", "admin_api_key", "state_secret", "secret_key")
HEX_64 = ("token_enc_key", "state_secret")
KNOWN_WEAK = ("change", "secret", "password", "your_", "example", "default", "random_")
DEVELOPMENT_ONLY = ("hub_clock_offset", "callback_allow_networks")


class ConfigError(Exception):
    """One or more settings cannot be used; `problems` names each variable and what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings cannot be used:\n  " + "\n  ".join(problems))
        self.problems = problems


def setting(default: Any, effect: str) -> Any:
    return Field(default=default, description=effect)


class Settings(BaseSettings):
    """All settings of `CONTRACT.md` §2 that exist so far; the description is the effect."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", case_sensitive=False)

    hub_env: Literal["development", "production", "test"] = Field(
        default="development",
        validation_alias=AliasChoices("hub_env", "node_env", "app_env"),
        description="production refuses weak secrets and development-only settings",
    )
    hub_data_dir: Path = setting(Path("var"), "database file, embedded Redis, run.json, backups")
    database_url: str = setting("", "PostgreSQL address; empty: SQLite in the data folder")
    redis_url: str = setting("", "Redis address; empty: the embedded server of bin/run")
    public_url: str = setting("", "address used in links; empty: http://localhost:PORT")
    trusted_proxies: str = setting("", "CIDRs whose forwarded headers count")
    port: int = Field(default=3000, ge=1, le=65535, description="port of the web server")
    host: str = setting("0.0.0.0", "address the web server listens on")
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"] = setting(
        "info", "least severe log line that is written"
    )
    tz: str = setting("UTC", "zone of schedules and of snapshot days")
    cors_origin: str = setting("", "origins that may call the JSON API from a browser, by comma")

    secret_key: str = setting("", "signs browser cookies")
    token_enc_key: str = setting("", "64 hex digits; encrypts stored access (AES-256-GCM)")
    token_enc_keys_old: str = setting("", "former keys, by comma: still read, never written")
    admin_api_key: str = setting("", "the root X-API-KEY")
    state_secret: str = setting("", "64 hex digits; signs OAuth state and links")

    db_pool_size: int = Field(
        default=100, ge=1, le=10_000, description="connections of the whole service"
    )
    db_pool_min: int = Field(default=20, ge=0, le=10_000, description="connections kept when idle")
    db_logging: bool = setting(False, "logs every statement")

    tiktok_client_key: str = setting("", "key of the TikTok app")
    tiktok_client_secret: str = setting("", "secret of the TikTok app")
    tiktok_redirect_uri: str = setting("", "empty: PUBLIC_URL/auth/tiktok/callback")
    tiktok_api_url: str = setting("https://open.tiktokapis.com", "host of the TikTok API")
    tiktok_auth_url: str = setting(
        "https://www.tiktok.com/v2/auth/authorize/", "page where an owner allows access"
    )
    tiktok_web_url: str = setting("https://www.tiktok.com", "public TikTok pages")
    tiktok_scopes: str = setting(
        "user.info.basic,user.info.stats,video.list", "permissions that are asked for"
    )
    tiktok_rate_per_minute: int = Field(
        default=600, ge=10, le=1_000_000, description="calls a sliding minute, each endpoint"
    )
    provider_timeout_seconds: float = Field(
        default=20, gt=0, le=300, description="total deadline of one call to a provider"
    )

    sync_concurrency: int = Field(
        default=30, ge=1, le=1000, description="stores worked on at a time, whole service"
    )
    video_sync_concurrency: int = Field(
        default=20, ge=1, le=1000, description="stores whose videos are read at a time"
    )
    sync_on_connect: bool = setting(True, "first sync starts when an account is connected")
    sync_wait_seconds: float = Field(
        default=60, ge=0, le=900, description="how long POST /admin/sync/run waits before 202"
    )
    cron_enabled: bool = setting(True, "runs the schedule")
    cron_token_refresh: str = setting("0 1 * * *", "when access is renewed")
    cron_sync_user_daily: str = setting("0 2 * * *", "when account numbers are read")
    cron_sync_video_daily: str = setting("0 3 * * *", "when videos are read")
    lease_seconds: float = Field(
        default=20, gt=0, le=600, description="how long work is held without a sign of life"
    )
    sweep_seconds: float = Field(default=2, gt=0, le=60, description="pause of the sweeper")

    connect_require_signed: bool | None = setting(
        None, "connect only by link or login (production: true, else false)"
    )
    state_ttl_seconds: int = Field(default=600, ge=10, le=600, description="life of an OAuth state")
    connect_link_ttl_hours: float = Field(
        default=72, gt=0, le=24 * 90, description="life of a connect link"
    )
    admin_rate_limit: str = setting("100/minute", "requests of one address to /admin; off")
    oauth_rate_limit: str = setting("10/minute", "requests of one address to connect; off")
    login_rate_limit: str = setting("5/15 minutes", "failed logins or keys before a block; off")
    callback_allow_networks: str = setting("", "CIDRs that callbacks may reach (development)")
    metrics_allow_networks: str = setting("127.0.0.0/8", "who may read /metrics in production")
    hub_clock_offset: str = setting("0", "seconds or +1d added to the clock (development)")
    mail_url: str = setting("", "smtp(s)://…; empty: links are shown instead of mailed")

    workers: int = Field(default=2, ge=1, le=256, description="worker processes of bin/run")
    web_threads: int = Field(default=8, ge=1, le=256, description="threads of one web process")
    web_processes: int = Field(default=2, ge=1, le=64, description="web processes of bin/run")

    @field_validator("database_url")
    @classmethod
    def name_the_driver(cls, value: str) -> str:
        for scheme in ("postgres://", "postgresql://"):
            if value.startswith(scheme):
                return "postgresql+psycopg://" + value.removeprefix(scheme)
        return value

    @field_validator("tz")
    @classmethod
    def know_the_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is not a time zone such as Asia/Jakarta") from error
        return value

    @field_validator("cron_token_refresh", "cron_sync_user_daily", "cron_sync_video_daily")
    @classmethod
    def know_the_cron(cls, value: str) -> str:
        if len(value.split()) != 5 or not croniter.is_valid(value):
            raise ValueError("is not a five-field cron expression")
        return value

    @field_validator("hub_clock_offset")
    @classmethod
    def know_the_offset(cls, value: str) -> str:
        offset_seconds(value)
        return value

    @field_validator("trusted_proxies", "callback_allow_networks", "metrics_allow_networks")
    @classmethod
    def know_the_networks(cls, value: str) -> str:
        for part in split(value):
            try:
                ip_network(part, strict=False)
            except ValueError as error:
                raise ValueError("is not a list of addresses or CIDRs") from error
        return value

    @field_validator("admin_rate_limit", "oauth_rate_limit", "login_rate_limit")
    @classmethod
    def know_the_limit(cls, value: str) -> str:
        try:
            if value.strip() != "off":
                parse_many(value)
        except ValueError as error:
            raise ValueError("is neither off nor a limit such as 100/minute") from error
        return value

    @property
    def production(self) -> bool:
        return self.hub_env == "production"

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(split(self.tiktok_scopes))

    @property
    def tiktok_ready(self) -> bool:
        return bool(self.tiktok_client_key and self.tiktok_client_secret)

    @property
    def signed_connect(self) -> bool:
        return bool(self.connect_require_signed)

    @property
    def clock_offset(self) -> float:
        return offset_seconds(self.hub_clock_offset)

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def split(value: str) -> list[str]:
    """The parts of a comma list, without blanks and empties."""
    return [part.strip() for part in value.split(",") if part.strip()]


def offset_seconds(value: str) -> float:
    """Seconds of a clock offset: `3600`, `-60`, `+1d`, `2d`, `6h`, `30m`."""
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*([smhd]?)\s*", value)
    if not match:
        raise ValueError("is neither seconds nor a form such as +1d")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def load_settings(**given: Any) -> Settings:
    """Read, check and complete the settings; `given` (lower-case names) wins over the environment.

    Raises `ConfigError` with every problem at once.
    """
    problems: list[str] = []
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems = [describe(problem) for problem in error.errors()]
        settings = Settings(**given | defaults_of(error))
    problems += complete(settings)
    if problems:
        first: dict[str, str] = {}
        for problem in problems:
            first.setdefault(problem.partition(":")[0], problem)
        raise ConfigError([*first.values()])
    if not settings.production:
        keep_own_secrets(settings)
    return settings


def describe(problem: Any) -> str:
    name = "_".join(str(part) for part in problem["loc"]).upper()
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"


def defaults_of(error: ValidationError) -> dict[str, Any]:
    """Defaults instead of what could not be read, so that the other checks can run too."""
    names = {name_of(str(problem["loc"][0])) for problem in error.errors()}
    return {name: Settings.model_fields[name].default for name in names}


def name_of(word: str) -> str:
    """The setting that an environment variable sets (`NODE_ENV` sets `hub_env`)."""
    return next((name for name in Settings.model_fields if word.lower() in words_of(name)), word)


def words_of(name: str) -> list[str]:
    """The environment variables of a setting, in lower case; the first that is set counts."""
    alias = Settings.model_fields[name].validation_alias
    return [str(word) for word in alias.choices] if isinstance(alias, AliasChoices) else [name]


def source_of(settings: Settings, name: str) -> str:
    """Where a setting's value comes from: environment, .env, made (kept in the data folder),
    default."""
    for place, kept in (("environment", os.environ), (".env", dotenv_values(".env"))):
        there = {word.lower() for word in kept}
        if any(word in there for word in words_of(name)):
            return place
    if name in OWN_SECRETS and getattr(settings, name):
        return "made"
    return "default"


def complete(settings: Settings) -> list[str]:
    """Fill what follows from other settings; the problems that only all of them together show."""
    settings.hub_data_dir = settings.hub_data_dir.absolute()
    if not settings.database_url:
        settings.database_url = f"sqlite:///{settings.hub_data_dir / 'hub.sqlite3'}"
    public_given = bool(settings.public_url)
    settings.public_url = (settings.public_url or f"http://localhost:{settings.port}").rstrip("/")
    if not settings.tiktok_redirect_uri:
        settings.tiktok_redirect_uri = settings.public_url + "/auth/tiktok/callback"
    if settings.connect_require_signed is None:
        settings.connect_require_signed = settings.production
    problems = [*key_problems(settings), *address_problems(settings)]
    if settings.production:
        problems += production_problems(settings, public_given)
    return problems


def key_problems(settings: Settings) -> list[str]:
    given = {name: getattr(settings, name) for name in HEX_64}
    bad = [name for name, value in given.items() if value and not is_hex_64(value)]
    if not all(is_hex_64(key) for key in split(settings.token_enc_keys_old)):
        bad.append("token_enc_keys_old")
    return [f"{name.upper()}: must be 64 hex digits" for name in bad]


def is_hex_64(value: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-fA-F]{64}", value))


def address_problems(settings: Settings) -> list[str]:
    """Addresses that nothing could be reached at."""
    schemes = {
        "database_url": ("sqlite:///", "postgresql+psycopg://"),
        "redis_url": ("redis://", "rediss://", "unix://"),
        "public_url": ("http://", "https://"),
        "tiktok_redirect_uri": ("http://", "https://"),
        "tiktok_api_url": ("http://", "https://"),
        "tiktok_auth_url": ("http://", "https://"),
        "tiktok_web_url": ("http://", "https://"),
    }
    return [
        f"{name.upper()}: must begin with {' or '.join(begins).replace('+psycopg', '')}"
        for name, begins in schemes.items()
        if (value := getattr(settings, name)) and not value.startswith(begins)
    ]


def production_problems(settings: Settings, public_given: bool) -> list[str]:
    problems = [
        f"{name.upper()}: {why}"
        for name in OWN_SECRETS
        if (why := weakness(name, getattr(settings, name)))
    ]
    if not public_given or not settings.secure:
        problems.append("PUBLIC_URL: must be an https address in production")
    defaults = {"hub_clock_offset": "0", "callback_allow_networks": ""}
    problems += [
        f"{name.upper()}: is for development only"
        for name in DEVELOPMENT_ONLY
        if getattr(settings, name) != defaults[name]
    ]
    if "*" in split(settings.cors_origin):
        problems.append("CORS_ORIGIN: must name its origins in production")
    return problems


def weakness(name: str, value: str) -> str | None:
    """Why a secret of ours is too weak for production, or None."""
    if not value:
        return "is missing"
    if len(value) < 32:
        return "is shorter than 32 characters"
    if name in HEX_64 and not is_hex_64(value):
        return "must be 64 hex digits"
    if len(set(value)) < 8:
        return "repeats the same few characters"
    if any(word in value.lower() for word in KNOWN_WEAK):
        return "is a known default"
    return None


def keep_own_secrets(settings: Settings) -> None:
    """Make missing secrets once and keep them in `$HUB_DATA_DIR/secrets.json` (mode 600)."""
    missing = [name for name in OWN_SECRETS if not getattr(settings, name)]
    if not missing:
        return
    path = settings.hub_data_dir / "secrets.json"
    settings.hub_data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = {name: new_secret(name) for name in OWN_SECRETS}
        draft = path.with_name(f"secrets.{secrets.token_hex(4)}.json")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
        try:
            os.link(draft, path)  # whoever is first wins, others read what it wrote
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(path.read_text())
    for name in missing:
        setattr(settings, name, kept[name])


def new_secret(name: str) -> str:
    return secrets.token_hex(32) if name in HEX_64 else secrets.token_urlsafe(36)
