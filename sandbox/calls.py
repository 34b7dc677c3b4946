"""The way of every provider call: arrival, quota, faults, latency, answer, log."""

from collections.abc import Callable
from functools import lru_cache, wraps
from random import getrandbits
from time import gmtime, sleep, strftime
from typing import Any

import orjson
from flask import Response

from sandbox.box import Box, the_box
from sandbox.faults import EARLY, Fault
from sandbox.log import Entry
from sandbox.spoil import SPOILERS

Payload = dict[str, Any]


class Refused(Exception):
    """An answer that says no, in the words of its family."""

    def __init__(self, status: int, code: str, message: str, data: Payload | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.data = data


class Family:
    """How one API of the provider names its callers and its errors."""

    name: str
    counted: bool  # whether calls use up quota
    errors: dict[str, tuple[int, str, str]]  # scripted fault -> status, code, message

    def caller(self, box: Box, entry: Entry) -> Any:
        """What the handler needs to know the caller by; names them in the entry, never refuses."""
        raise NotImplementedError

    def refusal(self, box: Box, refused: Refused) -> tuple[Payload, int]:
        """Body and status of an error."""
        raise NotImplementedError


Handler = Callable[[Box, Entry, Any], tuple[Payload | None, int]]


@lru_cache(maxsize=4)
def stamp(second: int) -> str:
    return strftime("%Y%m%d%H%M%S", gmtime(second))


def log_id(box: Box) -> str:
    """14 digits of time and 20 hex digits, as in real answers."""
    return f"{stamp(int(box.now()))}{getrandbits(80):020X}"


def provider_call(endpoint: str, family: Family) -> Callable[[Handler], Callable[[], Response]]:
    """A view that answers for the provider; `endpoint` is its name in quota, log and faults."""

    def wrap(handler: Handler) -> Callable[[], Response]:
        @wraps(handler)
        def view() -> Response:
            box = the_box()
            entry = box.log.arrive(endpoint)
            try:
                response = answer(box, entry, family, handler)
                entry.status = response.status_code
                return response
            finally:
                box.log.leave(entry)

        return view

    return wrap


def answer(box: Box, entry: Entry, family: Family, handler: Handler) -> Response:
    """Quota first (counted at arrival), then the scripted fault, then the true answer."""
    fits = not family.counted or box.quota.take(entry.endpoint)
    subject = family.caller(box, entry)
    fault = box.faults.take(entry.endpoint, entry.handle, entry.kind) if fits else None
    if box.settings.latency_ms:
        sleep(box.settings.latency_ms / 1000)
    if fault is None:
        refused = None if fits else out_of_quota(family)
        return reply(*settle(box, entry, family, handler, subject, refused), box=box)
    entry.fault = fault.fault
    wait(box, fault, late=False)
    refused = scripted(fault, family)
    if refused and fault.late:
        settle(box, entry, family, handler, subject, None)
    body, status = settle(box, entry, family, handler, subject, refused)
    wait(box, fault, late=True)
    if spoiler := SPOILERS.get(fault.fault):
        return spoiler(body or {}, fault, box)
    return reply(body, fault.status or status, retry_after=fault.retry_after, box=box)


def settle(
    box: Box, entry: Entry, family: Family, handler: Handler, subject: Any, refused: Refused | None
) -> tuple[Payload | None, int]:
    """The handler's answer, or the refusal in the family's shape."""
    try:
        if refused:
            raise refused
        entry.code = "ok"
        return handler(box, entry, subject)
    except Refused as problem:
        entry.code = problem.code
        return family.refusal(box, problem)


def reply(
    body: Payload | None, status: int, *, retry_after: int | None = None, box: Box
) -> Response:
    """JSON, or an empty body for None."""
    raw = b"" if body is None else orjson.dumps(body)
    response = Response(raw, status=status, content_type="application/json")
    if status == 429 and (seconds := retry_after or box.settings.retry_after):
        response.headers["Retry-After"] = str(seconds)
    return response


def out_of_quota(family: Family) -> Refused:
    return Refused(*family.errors["429"])


def scripted(fault: Fault, family: Family) -> Refused | None:
    """The refusal that an early fault stands for."""
    if fault.fault == "hang" and not fault.late:
        return Refused(*family.errors["500"])
    return Refused(*family.errors[fault.fault]) if fault.fault in EARLY else None


def wait(box: Box, fault: Fault, late: bool) -> None:
    """Sleep as `slow` and `hang` ask for; `POST /_faults/reset` wakes everybody."""
    if fault.fault not in ("slow", "hang") or fault.late is not late:
        return
    usual = box.settings.slow_ms / 1000 if fault.fault == "slow" else box.settings.hang_seconds
    box.faults.released.wait(usual if fault.seconds is None else fault.seconds)
