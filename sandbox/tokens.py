"""Codes and tokens. They carry what they say, sealed with a key, so that a restart forgets nothing.

What cannot be carried is kept in a `Ledger`: which refresh token of a grant is the current one,
which codes are used up, whose authorization was removed.
"""

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path
from secrets import token_bytes
from threading import Lock

from sandbox.settings import SCOPES

ACCESS, REFRESH, CLIENT, CODE = b"a", b"r", b"c", b"k"
HEAD = "<BIQQ8s"  # scope bits, issue, expires ms, consented ms, grant
HEAD_SIZE = 29
SEAL = 16
SHAPES = {
    ACCESS: ("act.", "!6456.va"),
    REFRESH: ("rft.", "!6487.va"),
    CLIENT: ("clt.", "!6490.va"),
    CODE: ("", "*1!4773.va"),
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a code or token says. Times in Unix seconds; `issue` counts the refreshes of a grant."""

    handle: str
    scopes: tuple[str, ...]
    issue: int
    expires: float
    consented: float
    grant: str
    extra: bytes = b""

    @property
    def scope(self) -> str:
        """Scopes as TikTok writes them: one text with commas."""
        return ",".join(self.scopes)


def scope_bits(scopes: Iterable[str]) -> int:
    """Scopes as one number (known ones only)."""
    return sum(1 << SCOPES.index(scope) for scope in set(scopes) if scope in SCOPES)


SCOPE_SETS = [
    tuple(scope for place, scope in enumerate(SCOPES) if bits >> place & 1)
    for bits in range(1 << len(SCOPES))
]


class Sealer:
    """Makes and reads sealed texts of four kinds."""

    def __init__(self, secret: str) -> None:
        self.key = blake2b(secret.encode(), digest_size=32).digest()

    def seal(self, kind: bytes, body: bytes) -> bytes:
        return blake2b(body, key=self.key, digest_size=SEAL, person=kind).digest()

    def write(self, kind: bytes, ticket: Ticket) -> str:
        """The text of a ticket: `act.…!6456.va` and the like."""
        head = struct.pack(
            HEAD,
            scope_bits(ticket.scopes),
            ticket.issue,
            int(ticket.expires * 1000),
            int(ticket.consented * 1000),
            bytes.fromhex(ticket.grant),
        )
        handle = ticket.handle.encode()
        body = head + bytes([len(handle)]) + handle + ticket.extra
        text = urlsafe_b64encode(self.seal(kind, body) + body).decode().rstrip("=")
        before, after = SHAPES[kind]
        return before + text + after

    def read(self, kind: bytes, text: str) -> Ticket | None:
        """The ticket of a text that this sandbox made, whether still valid or not; else None."""
        before, after = SHAPES[kind]
        if not (text.startswith(before) and text.endswith(after) and len(text) < 1000):
            return None
        middle = text[len(before) : len(text) - len(after)]
        try:
            raw = urlsafe_b64decode(middle + "=" * (-len(middle) % 4))
            seal, body = raw[:SEAL], raw[SEAL:]
            if not compare_digest(seal, self.seal(kind, body)):
                return None
            bits, issue, expires, consented, grant = struct.unpack(HEAD, body[:HEAD_SIZE])
        except (ValueError, Base64Error, struct.error):
            return None
        end = HEAD_SIZE + 1 + body[HEAD_SIZE]
        return Ticket(
            handle=body[HEAD_SIZE + 1 : end].decode(),
            scopes=SCOPE_SETS[bits],
            issue=issue,
            expires=expires / 1000,
            consented=consented / 1000,
            grant=grant.hex(),
            extra=body[end:],
        )


def new_grant() -> str:
    """The id of a new consent."""
    return token_bytes(8).hex()


class Ledger:
    """The little that must be remembered; one JSON line per change when there is a folder."""

    def __init__(self, folder: str) -> None:
        self.lock = Lock()
        self.issues: dict[str, int] = {}
        self.used: set[str] = set()
        self.removed: dict[str, float] = {}
        self.anchor = ""
        self.file = None
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            path = Path(folder) / "sandbox.jsonl"
            if path.exists():
                self.replay(path)
            self.file = path.open("a", encoding="utf-8")

    def replay(self, path: Path) -> None:
        """Read what earlier runs wrote; a last line cut by a kill is left out."""
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                self.apply(*json.loads(line))
            except ValueError:
                continue

    def apply(self, what: str, key: str, value: float | str) -> None:
        """One change: `issue`, `code`, `removed` or `anchor`."""
        if what == "issue":
            self.issues[key] = int(value)
        elif what == "code":
            self.used.add(key)
        elif what == "removed":
            self.removed[key] = float(value)
        elif what == "anchor":
            self.anchor = str(value)

    def keep(self, what: str, key: str, value: float | str) -> None:
        """Apply a change and write it down; the caller holds the lock."""
        self.apply(what, key, value)
        if self.file:
            self.file.write(json.dumps([what, key, value]) + "\n")
            self.file.flush()

    def keep_anchor(self, day: str) -> str:
        """The anchor day of this folder: the first one said wins."""
        with self.lock:
            if not self.anchor:
                self.keep("anchor", "", day)
            return self.anchor

    def is_removed(self, ticket: Ticket) -> bool:
        """Whether the authorization that this ticket comes from was taken away."""
        return ticket.consented <= self.removed.get(ticket.handle, 0.0)

    def remove(self, handle: str, instant: float) -> None:
        """Every consent of this handle up to `instant` is dead, with all its tokens."""
        with self.lock:
            self.keep("removed", handle, instant)

    def use_code(self, grant: str) -> bool:
        """True the first time."""
        with self.lock:
            if grant in self.used:
                return False
            self.keep("code", grant, 1)
            return True

    def rotate(self, ticket: Ticket) -> int | None:
        """The next issue number when this refresh ticket is the current one, else None."""
        with self.lock:
            if self.issues.get(ticket.grant, ticket.issue) != ticket.issue:
                return None
            self.keep("issue", ticket.grant, ticket.issue + 1)
            return ticket.issue + 1
