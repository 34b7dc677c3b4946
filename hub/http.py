"""The only way out: pooled sessions, one total deadline a call, a cap on what is read.

`requests` counts its timeout per read, so a server that drips one byte a second would hold a
call for ever. A watchdog thread shuts the socket down when the deadline has passed; whatever is
reading it then fails at once. Source: reliability-security.md F13, F14.
"""

import heapq
import itertools
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

MAX_BYTES = 2 * 1024 * 1024
POOL = 256


class CallFailed(Exception):
    """No usable answer: `cause` is timeout, unreachable, too_long or unreadable (bad gzip)."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True)
class Answer:
    """What came back, read whole (at most `max_bytes`, unpacked)."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Watchdog:
    """Shuts sockets down at their deadline. One daemon thread a process, started on first use."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, dict[str, Any]]] = []
        self._count = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, watched: dict[str, Any], deadline: float) -> None:
        with self._wake:
            heapq.heappush(self._due, (deadline, next(self._count), watched))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True, name="watchdog")
                self._thread.start()
            if self._due[0][2] is watched:
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due or self._due[0][0] > time.monotonic():
                    pause = self._due[0][0] - time.monotonic() if self._due else None
                    self._wake.wait(pause)
                _, _, watched = heapq.heappop(self._due)
            end(watched)


def end(watched: dict[str, Any]) -> None:
    """The deadline is over: mark the call and wake whoever reads its socket."""
    if watched.get("done"):
        return
    watched["late"] = True
    if (sock := watched.get("socket")) is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed in the same moment


_watchdog = Watchdog()
_current = threading.local()


class _Watched:
    """Tells the watchdog which socket the present call reads."""

    sock: Any

    def getresponse(self) -> Any:
        if (call := getattr(_current, "call", None)) is not None:
            call["socket"] = self.sock
            if call.get("late"):
                end(call)
        return super().getresponse()  # type: ignore[misc]


class _HTTPConnection(_Watched, HTTPConnection):
    pass


class _HTTPSConnection(_Watched, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kw: Any) -> None:
        super().init_poolmanager(*args, **kw)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class Exit:
    """One provider's session: its pool of connections and its deadline in seconds."""

    def __init__(self, timeout: float, max_bytes: int = MAX_BYTES, pool: int = POOL) -> None:
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {"User-Agent": "Hub/1.0", "Accept-Encoding": "gzip", "Accept": "*/*"}
        adapter = _Adapter(pool_connections=8, pool_maxsize=pool, max_retries=0)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        timeout: float | None = None,
    ) -> Answer:
        """Send and read whole within the deadline; raises `CallFailed`. Redirects are answers."""
        limit = timeout or self.timeout
        watched: dict[str, Any] = {}
        _watchdog.watch(watched, time.monotonic() + limit)
        _current.call = watched
        try:
            prepared = self._prepare(method, url, params, headers, data)
            adapter = self.session.get_adapter(url)
            with adapter.send(
                prepared, stream=True, timeout=(min(limit, 10), limit), verify=True
            ) as response:
                body = self._read(response)
                if watched.get("late"):  # a shut socket can look like an orderly end
                    raise CallFailed("timeout", f"no whole answer within {limit:g} s")
                return Answer(response.status_code, body, response.headers)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise self._failed(error, watched, limit) from None
        finally:
            watched["done"] = True
            _current.call = None

    def _prepare(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        data: Any,
    ) -> requests.PreparedRequest:
        """The request without a session's cookies, netrc, proxies and hooks: none is wanted here,
        and merging them costs as much as sending."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        prepared.prepare_url(url, params)
        prepared.prepare_headers({**self.headers, **(headers or {})})
        prepared.prepare_body(data, None)
        return prepared

    def _read(self, response: requests.Response) -> bytes:
        parts, size = [], 0
        for part in response.raw.stream(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > self.max_bytes:
                raise CallFailed("too_long", f"the answer is longer than {self.max_bytes} bytes")
        return b"".join(parts)

    @staticmethod
    def _failed(error: Exception, watched: dict[str, Any], limit: float) -> CallFailed:
        if watched.get("late") or isinstance(error, requests.Timeout | ReadTimeoutError):
            return CallFailed("timeout", f"no whole answer within {limit:g} s")
        if isinstance(error, DecodeError):
            return CallFailed("unreadable", "the answer cannot be unpacked")
        return CallFailed("unreachable", type(error).__name__)
