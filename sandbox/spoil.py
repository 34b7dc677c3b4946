"""Answers as they should not be. Each takes the true body and returns what goes out instead."""

import json
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response, request

from sandbox.faults import Fault

if TYPE_CHECKING:
    from sandbox.box import Box

Spoiler = Callable[[dict[str, Any], Fault, "Box"], Response]
JSON = "application/json"
MEGABYTE = 1 << 20
PAGE = "<!doctype html><html><head><title>Bad gateway</title></head><body>Bad gateway</body></html>"


def send(raw: bytes | Iterator[bytes], fault: Fault, kind: str = JSON, **headers: str) -> Response:
    return Response(raw, status=fault.status or 200, content_type=kind, headers=headers)


def with_counts(change: Callable[[int], object]) -> Spoiler:
    """A spoiler that changes every `…_count` of an otherwise good answer."""

    def spoil(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
        data = body.get("data") or {}
        for row in [data.get("user") or {}, *(data.get("videos") or [])]:
            for name in [name for name in row if name.endswith("_count")]:
                row[name] = change(row[name])
        return send(json.dumps(body).encode(), fault)

    return spoil


def without_counts(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    data = body.get("data") or {}
    for row in [data.get("user") or {}, *(data.get("videos") or [])]:
        for name in [name for name in row if name.endswith("_count")]:
            del row[name]
    return send(orjson.dumps(body), fault)


def truncated(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    raw = orjson.dumps(body)
    return send(raw[: len(raw) // 2], fault)


def cut(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """The connection dies in mid body."""
    raw = orjson.dumps(body)

    def parts() -> Iterator[bytes]:
        yield raw[: len(raw) // 2]
        raise ConnectionAbortedError("cut on purpose")

    return send(parts(), fault, **{"Content-Length": str(len(raw))})


def drip(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """One byte each second (or `seconds`)."""
    raw = orjson.dumps(body)
    pause = 1.0 if fault.seconds is None else fault.seconds
    parts = paced([raw[place : place + 1] for place in range(len(raw))], pause, box.faults.released)
    return send(parts, fault, **{"Content-Length": str(len(raw))})


def stall(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """Half of the body, a long silence, the rest."""
    raw = orjson.dumps(body)
    pause = box.settings.hang_seconds if fault.seconds is None else fault.seconds
    parts = paced([raw[: len(raw) // 2], raw[len(raw) // 2 :]], pause, box.faults.released)
    return send(parts, fault, **{"Content-Length": str(len(raw))})


def paced(parts: list[bytes], pause: float, released: Event) -> Iterator[bytes]:
    """The parts with a pause between them, until somebody releases the sleepers."""
    for number, part in enumerate(parts):
        if number:
            released.wait(pause)
        yield part


def big(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """The true answer behind megabytes of padding."""
    tail = orjson.dumps(body)[1:]

    def parts() -> Iterator[bytes]:
        yield b'{"padding":"'
        for _ in range(fault.megabytes):
            yield b"x" * MEGABYTE
        yield b'",' + tail

    return send(parts(), fault)


@lru_cache(maxsize=2)
def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    blocks = [packer.compress(b" " * MEGABYTE) for _ in range(megabytes)]
    return b"".join(blocks) + packer.flush()


def gzip_bomb(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """Small on the wire, megabytes of blanks when unpacked."""
    return send(bomb(fault.megabytes), fault, **{"Content-Encoding": "gzip"})


def bad_charset(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """Bytes that are no UTF-8, under a header that says they are."""
    raw = orjson.dumps(body).replace(b'"data":{', b'"data":{"note":"\xff\xfe\xc3(",', 1)
    return send(raw, fault, JSON + "; charset=utf-8")


def cursor_stuck(body: dict[str, Any], fault: Fault, box: "Box") -> Response:
    """There is always more, and the cursor stays where it was."""
    data = body.get("data") or {}
    asked = request.get_json(silent=True)
    if "cursor" in data:
        data["has_more"] = True
        data["cursor"] = (asked or {}).get("cursor") or data["cursor"]
    return send(orjson.dumps(body), fault)


SPOILERS: dict[str, Spoiler] = {
    "garbage": lambda body, fault, box: send(b"<<<%%% \x00 not json at all", fault),
    "html": lambda body, fault, box: send(PAGE.encode(), fault, "text/html; charset=utf-8"),
    "empty": lambda body, fault, box: send(b"", fault),
    "truncated": truncated,
    "cut": cut,
    "wrong_types": with_counts(lambda count: "many"),
    "nan": with_counts(lambda count: float("nan")),
    "huge": with_counts(lambda count: 10**30),
    "null_counts": with_counts(lambda count: None),
    "missing_counts": without_counts,
    "negative": with_counts(lambda count: -1 - count),
    "fraction": with_counts(lambda count: count + 0.5),
    "digits": with_counts(str),
    "drip": drip,
    "stall": stall,
    "big": big,
    "gzip_bomb": gzip_bomb,
    "bad_charset": bad_charset,
    "cursor_stuck": cursor_stuck,
}
