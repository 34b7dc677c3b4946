"""The sandbox's settings: the only place of this package that reads the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.publish",
    "video.upload",
)
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def offset_seconds(text: str) -> float:
    """Seconds of a clock offset: `3600`, `-60`, `+1d`, `2d`, `6h`, `30m` (the hub's notation)."""
    found = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if not found:
        raise ValueError("must be seconds or like +1d, -6h, 30m")
    return float(found[1]) * UNITS[found[2]]


def words(text: str) -> tuple[str, ...]:
    """Comma separated words, blanks dropped."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def switch(text: str) -> bool:
    """true/false, 1/0, yes/no, on/off."""
    if text.strip().lower() in ("1", "true", "yes", "on"):
        return True
    if text.strip().lower() in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("must be true or false")


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per variable: `SANDBOX_` + the name in capitals. README.md says what each does."""

    client_key: str = "sandbox-client-key"
    client_secret: str = "sandbox-client-secret-not-a-real-one"
    redirect_uris: tuple[str, ...] = ()
    app_scopes: tuple[str, ...] = SCOPES
    seed: str = "hub"
    anchor: str = ""
    videos: int = 50
    new_videos: bool = True
    quota: int = 600
    window_seconds: float = 60
    retry_after: int = 0
    latency_ms: float = 0
    slow_ms: float = 2000
    hang_seconds: float = 60
    access_seconds: int = 7200
    refresh_seconds: int = 15_552_000
    refresh_restarts: bool = False
    code_seconds: int = 600
    oauth_error_status: int = 400
    pkce_base64url: bool = False
    data_dir: str = ""
    clock_offset: float = 0
    host: str = "127.0.0.1"
    port: int = 21900
    threads: int = 128


READERS: dict[Any, Callable[[str], Any]] = {
    str: str.strip,
    int: int,
    float: float,
    bool: switch,
    tuple[str, ...]: words,
}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; ValueError names every bad variable at once."""
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    problems = []
    for field in fields(Settings):
        name = f"SANDBOX_{field.name.upper()}"
        text = source.get(name)
        reader = READERS[field.type]
        if field.name == "clock_offset":
            text = text or source.get("HUB_CLOCK_OFFSET")
            reader = offset_seconds
        if not text:
            continue
        try:
            values[field.name] = reader(text)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise ValueError("; ".join(problems))
    return Settings(**values)
