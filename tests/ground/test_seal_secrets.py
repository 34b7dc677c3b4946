"""Encryption at rest, hashes and redaction (hub/crypto.py)."""

import json

import pytest

from hub.crypto import (
    KeyRing,
    SealBroken,
    check_password,
    hash_password,
    key_id,
    redact,
    redact_fields,
    same,
    sign,
)

OLD, NEW = "ab" * 32, "cd" * 32
WHERE = {"table": "store_accounts", "row": 7, "column": "encrypted_access_token"}


def test_it_opens_what_it_sealed() -> None:
    ring = KeyRing(OLD)
    sealed = ring.seal("act.secret!6456.va ü", **WHERE)
    assert "secret" not in sealed
    assert sealed.split(".")[:2] == ["v1", key_id(OLD)]
    assert ring.open(sealed, **WHERE) == "act.secret!6456.va ü"
    assert sealed != ring.seal("act.secret!6456.va ü", **WHERE), "a nonce of its own each time"


@pytest.mark.parametrize("elsewhere", [
    {"row": 8}, {"row": "77"}, {"table": "pending_accounts"}, {"column": "encrypted_refresh_token"}
])  # fmt: skip
def test_moved_it_does_not_open(elsewhere: dict[str, object]) -> None:
    sealed = KeyRing(OLD).seal("act.secret", **WHERE)
    with pytest.raises(SealBroken):
        KeyRing(OLD).open(sealed, **(WHERE | elsewhere))


def test_every_character_counts() -> None:
    ring = KeyRing(OLD)
    sealed = ring.seal("act.secret", **WHERE)
    for place, letter in enumerate(sealed[:-1]):  # the last holds unused bits
        flipped = sealed[:place] + ("A" if letter != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            ring.open(flipped, **WHERE)


@pytest.mark.parametrize("text", ["", "plain", "v1.x", "v1.a.b.c", "v1.a.b.c.d", "v2.a.b.c", "é"])
def test_other_texts_do_not_open(text: str) -> None:
    with pytest.raises(SealBroken):
        KeyRing(OLD).open(text, **WHERE)


def test_old_keys_open_and_do_not_seal() -> None:
    sealed = KeyRing(OLD).seal("act.secret", **WHERE)
    both = KeyRing(NEW, [OLD])
    assert both.open(sealed, **WHERE) == "act.secret"
    assert both.seal("act.secret", **WHERE).split(".")[1] == key_id(NEW)
    with pytest.raises(SealBroken, match=key_id(OLD)):
        KeyRing(NEW).open(sealed, **WHERE)


def test_signatures() -> None:
    assert same(sign("k", "m"), sign("k", "m"))
    assert not same(sign("k", "m"), sign("k", "n"))
    assert not same(sign("k", "m"), "é")


def test_passwords() -> None:
    stored = hash_password("x" * 200)
    assert check_password(stored, "x" * 200)
    assert not check_password(stored, "x" * 199)
    assert not check_password(None, "x")
    assert not check_password("garbage", "x")


@pytest.mark.parametrize("text", [
    "Bearer act.CANARYCANARY!6456.va",
    "https://x/y?code=CANARYCANARY&z=1",
    '{"refresh_token": "rft.CANARYCANARY"}',
    '{"access_token":"CANARYCANARY"}',
    "postgresql://hub:CANARYCANARY@host/db",
    "client_secret=CANARYCANARY",
    "rft.CANARYCANARY%21123.va failed",
    "whsec_CANARYCANARY",
])  # fmt: skip
def test_it_hides_secrets_in_texts(text: str) -> None:
    assert "CANARY" not in redact(text)


def test_it_hides_secret_fields() -> None:
    payload = {"Authorization": "CANARY", "nested": [{"apiKey": "CANARY"}, "act.CANARYCANARY"],
               "code": "CANARY", "status": "ok", "n": 1}  # fmt: skip
    hidden = redact_fields(payload)
    assert "CANARY" not in json.dumps(hidden)
    assert (hidden["status"], hidden["n"]) == ("ok", 1)
