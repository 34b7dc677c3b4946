"""How a call to TikTok is made: paced by its lane, tried again where that may help.

At most four tries with growing, jittered pauses. A 429 is not a try: the call goes back to its
lane, which slows down; only five minutes of nothing but 429 fail it (CONTRACT §4, Faults).
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from hub.errors import ProviderError
from hub.log import logger
from hub.sync.lanes import Lane, Stopped

Result = TypeVar("Result")

TRIES = 4
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
LIMITED_AT_MOST = 300.0


class Caller:
    """Makes calls for one batch. `stop` ends waits early (a shutdown)."""

    def __init__(self, lanes: Mapping[str, Lane], stop: Callable[[], bool]) -> None:
        self.lanes = lanes
        self.stop = stop

    def call(
        self,
        endpoint: str,
        send: Callable[[], Result],
        on_retry: Callable[[ProviderError], None] | None = None,
    ) -> Result:
        """What `send` returns; raises the last `ProviderError`, or `Stopped`."""
        tries = refusals = 0
        limited_since: float | None = None
        while True:
            try:
                with self.lanes[endpoint].place(self.stop):
                    return send()
            except ProviderError as error:
                failed = error
            if failed.cause == "rate_limited":
                limited_since = limited_since or time.monotonic()
                refusals += 1
                if time.monotonic() - limited_since > LIMITED_AT_MOST:
                    raise failed
                self._slow_down(endpoint, failed, refusals)
                continue
            tries, limited_since = tries + 1, None
            failed.tries = tries
            if failed.permanent or tries >= TRIES:
                raise failed
            if on_retry is not None:
                on_retry(failed)
            self._pause(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1)))

    def _slow_down(self, endpoint: str, failed: ProviderError, refusals: int) -> None:
        pause = failed.retry_after or min(30.0, 2.0 ** min(refusals - 1, 5))
        logger.warning("TikTok asks for a pause", extra={"endpoint": endpoint, "seconds": pause})
        self.lanes[endpoint].slow_down(pause)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds * random.uniform(0.8, 1.2)
        while time.monotonic() < until:
            if self.stop():
                raise Stopped
            time.sleep(min(0.1, max(0.0, until - time.monotonic())))
