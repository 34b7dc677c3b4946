"""What was asked of the sandbox, so that a test or a benchmark need not believe the hub."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import count
from threading import Lock
from time import monotonic, time
from typing import Any

KEPT = 500_000


@dataclass(slots=True)
class Entry:
    """One call. `t` is the arrival in real Unix seconds (never shifted, never jumping back)."""

    n: int
    t: float
    endpoint: str
    in_flight: int
    handle: str | None = None
    status: int = 0
    code: str = ""
    kind: str = ""
    fault: str = ""
    ms: float = 0.0


class Log:
    """A bounded list of entries and the number of calls in flight."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.numbers = count(1)
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.in_flight = 0
        self.zero = time() - monotonic()

    def arrive(self, endpoint: str) -> Entry:
        """Write down an arrival."""
        with self.lock:
            self.in_flight += 1
            entry = Entry(next(self.numbers), self.zero + monotonic(), endpoint, self.in_flight)
            self.entries.append(entry)
        return entry

    def leave(self, entry: Entry) -> None:
        """The answer of this call begins to go out."""
        entry.ms = round((self.zero + monotonic() - entry.t) * 1000, 2)
        with self.lock:
            self.in_flight -= 1

    def since(self, number: int, endpoint: str | None = None) -> list[dict[str, Any]]:
        """Entries after the given number, oldest first."""
        with self.lock:
            kept = list(self.entries)
        return [
            asdict(entry)
            for entry in kept
            if entry.n > number and endpoint in (None, "", entry.endpoint)
        ]

    def reset(self) -> None:
        """Forget the entries; numbers go on."""
        with self.lock:
            self.entries.clear()

    def summary(self, window: float) -> dict[str, Any]:
        """Per endpoint totals, and refresh calls per handle."""
        with self.lock:
            kept = list(self.entries)
        groups: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in kept:
            groups[entry.endpoint].append(entry)
        refreshes = Counter(entry.handle or "?" for entry in kept if entry.kind == "refresh_token")
        return {
            "window_seconds": window,
            "last_n": kept[-1].n if kept else 0,
            "max_in_flight": max((entry.in_flight for entry in kept), default=0),
            "in_flight": self.in_flight,
            "endpoints": {name: totals(group, window) for name, group in sorted(groups.items())},
            "refreshes": dict(sorted(refreshes.items())),
        }


def totals(entries: list[Entry], window: float) -> dict[str, Any]:
    """Figures of one endpoint. `n429` are refusals by quota, `n429_scripted` those by a fault."""
    statuses = Counter(entry.status for entry in entries)
    refused = [entry for entry in entries if entry.status == 429]
    return {
        "n": len(entries),
        "n429": sum(1 for entry in refused if not entry.fault),
        "n429_scripted": sum(1 for entry in refused if entry.fault),
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "first": entries[0].t,
        "last": entries[-1].t,
        "last_end": max(entry.t + entry.ms / 1000 for entry in entries),
        "peak_per_window": peak([entry.t for entry in entries], window),
        "handles": len({entry.handle for entry in entries if entry.handle}),
    }


def peak(times: Iterable[float], window: float) -> int:
    """The most calls in any half-open window."""
    recent: deque[float] = deque()
    most = 0
    for instant in sorted(times):
        recent.append(instant)
        while recent[0] <= instant - window:
            recent.popleft()
        most = max(most, len(recent))
    return most
