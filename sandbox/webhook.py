"""Events that TikTok sends to the app (providers.md A.8)."""

import hmac
import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from sandbox.box import Box

TIMEOUT = 10


def removal(box: Box, handle: str, reason: int) -> dict[str, Any]:
    """`authorization.removed`; reason 0 unknown, 1 by user, 2 deleted, 3 age, 4 banned, 5 by us."""
    return {
        "client_key": box.settings.client_key,
        "event": "authorization.removed",
        "create_time": int(box.now()),
        "user_openid": box.open_id(handle),
        "content": json.dumps({"reason": reason}),
    }


def sign(secret: str, raw: bytes, stamp: int) -> str:
    """`t=<unix s>,s=<hex HMAC-SHA256 of "t.body">`."""
    seal = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, "sha256").hexdigest()
    return f"t={stamp},s={seal}"


def send_event(url: str, event: dict[str, Any], secret: str, stamp: int) -> dict[str, Any]:
    """POST one event; `{"status"}` of the receiver, or `{"status": null, "error"}`."""
    raw = json.dumps(event, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "TikTok-sandbox",
        "TikTok-Signature": sign(secret, raw, stamp),
    }
    try:
        with urlopen(Request(url, raw, headers), timeout=TIMEOUT) as response:
            return {"status": response.status}
    except HTTPError as error:
        return {"status": error.code}
    except (URLError, OSError) as error:
        return {"status": None, "error": str(error)}
