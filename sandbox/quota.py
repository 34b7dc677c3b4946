"""Sliding windows: at most `limit` calls in any `window` seconds, one window per endpoint."""

from collections import defaultdict, deque
from threading import Lock
from time import monotonic


class Quota:
    """Counts at arrival; a refused call does not use anything up. A limit of 0 is no limit."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self.lock = Lock()
        self.taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, endpoint: str) -> bool:
        """Whether one more call fits in now."""
        if not self.limit:
            return True
        with self.lock:
            now = monotonic()
            taken = self.taken[endpoint]
            while taken and taken[0] <= now - self.window:
                taken.popleft()
            if len(taken) >= self.limit:
                return False
            taken.append(now)
            return True

    def reset(self) -> None:
        """Forget all calls."""
        with self.lock:
            self.taken.clear()
