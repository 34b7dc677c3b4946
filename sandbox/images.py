"""The image host: small pictures made of a colour run, under signed addresses that expire."""

import zlib
from colorsys import hls_to_rgb
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from struct import pack

from flask import Blueprint, Response, request

from sandbox.box import the_box
from sandbox.fields import signature

images = Blueprint("images", __name__)

COVER, AVATAR = (180, 320), (100, 100)


def chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))


@lru_cache(maxsize=2000)
def picture(key: str, width: int, height: int) -> bytes:
    """A PNG: two soft colours that depend on the key, and a lighter band."""
    seed = blake2b(key.encode(), digest_size=4).digest()
    hue, other = seed[0] / 256, (seed[0] + 40 + seed[1] // 4) / 256
    band = height // 4 + seed[2] * height // 512
    rows = []
    for y in range(height):
        part = y / height
        light = 0.62 - 0.2 * part + (0.12 if band < y < band + height // 5 else 0)
        colour = hls_to_rgb(hue + (other - hue) * part, light, 0.45)
        rows.append(b"\0" + bytes(int(255 * channel) for channel in colour) * width)
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 6)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@images.get("/_cdn/<folder>/<name>.png")
def show_image(folder: str, name: str) -> Response:
    """403 without a good signature or after x-expires, as on the real host."""
    box = the_box()
    expires = request.args.get("x-expires", "")
    good = signature(box, f"/{folder}/{name}.png", int(expires)) if expires.isdecimal() else ""
    if not good or not compare_digest(request.query_string.decode("latin-1"), good):
        return Response("Access Denied", status=403, content_type="text/plain")
    if int(expires) < box.now():
        return Response("Access Denied: expired", status=403, content_type="text/plain")
    size = AVATAR if "-avt-" in folder else COVER
    raw = picture(name.partition("~")[0], *size)
    return Response(raw, content_type="image/png", headers={"Cache-Control": "max-age=3600"})
