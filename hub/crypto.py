"""Encryption at rest, signatures, hashes of passwords and keys, and redaction.

A sealed text is `v1.<key id>.<nonce>.<ciphertext+tag>` (base64url). It is bound to table, row
and column: moved anywhere else it does not open. Source: reliability-security.md §7.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class SealBroken(Exception):
    """A sealed text was altered, moved, or its key is not here; the message names the key id."""


def key_id(key_hex: str) -> str:
    """A short public name of a key, so that a missing one can be named."""
    return hashlib.sha256(bytes.fromhex(key_hex)).hexdigest()[:8]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class KeyRing:
    """One active key that seals, others that only open."""

    def __init__(self, active_hex: str, old_hex: list[str] | None = None) -> None:
        self.active = key_id(active_hex)
        self.keys = {key_id(k): AESGCM(bytes.fromhex(k)) for k in [active_hex, *(old_hex or [])]}

    def seal(self, plain: str, *, table: str, row: object, column: str) -> str:
        nonce = secrets.token_bytes(12)
        bound = self._bound(table, row, column, self.active)
        sealed = self.keys[self.active].encrypt(nonce, plain.encode(), bound)
        return f"v1.{self.active}.{b64(nonce)}.{b64(sealed)}"

    def open(self, sealed: str, *, table: str, row: object, column: str) -> str:
        """The plain text; raises `SealBroken`."""
        try:
            version, kid, nonce, body = sealed.split(".")
            if version != "v1" or kid not in self.keys:
                raise SealBroken(f"key {kid} is not in TOKEN_ENC_KEY or TOKEN_ENC_KEYS_OLD")
            bound = self._bound(table, row, column, kid)
            return self.keys[kid].decrypt(unb64(nonce), unb64(body), bound).decode()
        except (ValueError, InvalidTag) as error:
            raise SealBroken("a stored secret was altered or belongs to another row") from error

    @staticmethod
    def _bound(table: str, row: object, column: str, kid: str) -> bytes:
        return f"{table}|{row}|{column}|{kid}".encode()


def sign(secret: str, message: str) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def digest(key: str) -> str:
    """SHA-256 of a random key or link token: enough for 128 bits of entropy and more."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_token() -> str:
    """256 random bits for links, sessions and keys."""
    return secrets.token_urlsafe(32)


_hasher = PasswordHasher()
# Verified when nobody is there to check against, so that time tells nothing.
_nobody = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def check_password(stored: str | None, password: str) -> bool:
    """Whether the password is right; takes as long when `stored` is None."""
    try:
        return _hasher.verify(stored or _nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


SECRET_NAMES = re.compile(
    r"pass(word)?|secret|token|authori[sz]ation|api[-_]?key|cookie|^code$|^state$|verifier|csrf",
    re.I,
)
PATTERNS = [
    (re.compile(r"\b(act|rft|clt)\.[A-Za-z0-9_\-!*.%]{6,}"), r"\1.[hidden]"),
    (re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=!\-]{6,}"), "Bearer [hidden]"),
    (re.compile(r"whsec_[A-Za-z0-9+/=_\-]+"), "whsec_[hidden]"),
    (
        re.compile(
            r"(?i)\b(client_secret|access_token|refresh_token|code|state|password|token|key)"
            r"=[^&\s\"']+"
        ),
        r"\1=[hidden]",
    ),
    (
        re.compile(
            r'(?i)"(client_secret|access_token|refresh_token|code|state|password|token)"\s*:\s*"[^"]*"'
        ),
        r'"\1":"[hidden]"',
    ),
    (re.compile(r"(?i)(://[^/\s:@]*:)[^@\s/]+@"), r"\1[hidden]@"),
]


def redact(text: str) -> str:
    """A text without anything that looks like a secret."""
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redact_fields(value: Any) -> Any:
    """The same for a payload: secret fields by name, the rest by pattern."""
    if isinstance(value, Mapping):
        return {
            key: "[hidden]" if SECRET_NAMES.search(str(key)) else redact_fields(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_fields(item) for item in value]
    return redact(value) if isinstance(value, str) else value
