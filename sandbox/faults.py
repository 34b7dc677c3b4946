"""Faults: scripted at runtime by `POST /_faults`, or asked for by a magic handle."""

from collections import Counter
from dataclasses import asdict, dataclass
from threading import Event, Lock
from typing import Any

from sandbox.world import magic

EARLY = frozenset(
    {
        "429",
        "500",
        "503",
        "token_invalid",
        "scope_missing",
        "invalid_grant",
    }
)
LATE = frozenset(
    {
        "slow",
        "hang",
        "garbage",
        "html",
        "truncated",
        "empty",
        "cut",
        "wrong_types",
        "nan",
        "huge",
        "null_counts",
        "missing_counts",
        "negative",
        "fraction",
        "digits",
        "drip",
        "stall",
        "big",
        "gzip_bomb",
        "bad_charset",
        "cursor_stuck",
    }
)
NAMES = EARLY | LATE
MAGIC_FAULTS = {
    "hang": "hang",
    "garbage": "html",
    "nulls": "null_counts",
    "revoked": "token_invalid",
    "slow": "slow",
}


@dataclass(slots=True)
class Fault:
    """One rule. Calls that match it first pass `after` times, then fail `times` times (0: always).

    endpoint: user/info | video/list | video/query | oauth/token | oauth/revoke | *
    handle: of the account, or *. kind: a grant_type of oauth/token, empty for any
    seconds: of slow, hang, stall; pause between bytes of drip. megabytes: of big, gzip_bomb
    status: instead of the fault's own. retry_after: header of a 429. late: hang, 429 and 500 come
    after the work was done (the reply is lost, a refresh token has turned).
    """

    fault: str
    endpoint: str = "*"
    handle: str = "*"
    kind: str = ""
    times: int = 1
    after: int = 0
    seconds: float | None = None
    megabytes: int = 50
    status: int | None = None
    retry_after: int | None = None
    late: bool = False
    hits: int = 0

    def take(self, endpoint: str, handle: str | None, kind: str) -> bool:
        """Whether this call is hit; counts it down."""
        if self.endpoint not in ("*", endpoint) or self.handle not in ("*", handle):
            return False
        if self.kind not in ("", kind):
            return False
        if self.times and self.hits >= self.times:
            return False
        if self.after:
            self.after -= 1
            return False
        self.hits += 1
        return True


class Faults:
    """The rules in force; the first that matches wins. `released` ends all sleeping calls."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.rules: list[Fault] = []
        self.calls: Counter[tuple[str, str, str]] = Counter()
        self.released = Event()

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Add a rule; ValueError when it makes no sense."""
        wanted = {"times": 1, **wanted}
        wanted["fault"] = str(wanted.get("fault", ""))
        if wanted["fault"] not in NAMES:
            raise ValueError(
                f"unknown fault {wanted['fault']!r}; known: {', '.join(sorted(NAMES))}"
            )
        wanted["handle"] = str(wanted.get("handle") or "*").lower()
        wanted["times"] = wanted["times"] or 0
        try:
            rule = Fault(**wanted)
        except TypeError as error:
            raise ValueError(str(error)) from None
        with self.lock:
            self.rules.append(rule)
        return rule

    def reset(self) -> None:
        """Drop all rules and counters and let every sleeping call go."""
        with self.lock:
            self.rules.clear()
            self.calls.clear()
            self.released.set()
            self.released = Event()

    def listing(self) -> list[dict[str, Any]]:
        """The rules with their hits so far."""
        with self.lock:
            return [asdict(rule) for rule in self.rules]

    def take(self, endpoint: str, handle: str | None, kind: str = "") -> Fault | None:
        """The fault that hits this call, if any."""
        if self.rules:
            with self.lock:
                for rule in self.rules:
                    if rule.take(endpoint, handle, kind):
                        return rule
        words = magic(handle) if handle else ()
        if not words or handle is None:
            return None
        if endpoint.startswith("oauth/"):
            dead = "revoked" in words and kind == "refresh_token"
            return Fault("invalid_grant") if dead else None
        return self.take_magic(endpoint, handle, words)

    def take_magic(self, endpoint: str, handle: str, words: frozenset[str]) -> Fault | None:
        """What a magic handle does by itself at the Display API."""
        if "flaky" in words and self.count(endpoint, handle, "flaky") % 2:
            return Fault("500")
        if "limited" in words and self.count(endpoint, handle, "limited") <= 3:
            return Fault("429")
        for word, name in MAGIC_FAULTS.items():
            if word in words:
                return Fault(name)
        return None

    def count(self, endpoint: str, handle: str, word: str) -> int:
        """How many times this handle has called this endpoint (since the last reset)."""
        with self.lock:
            self.calls[endpoint, handle, word] += 1
            return self.calls[endpoint, handle, word]
