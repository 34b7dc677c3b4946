"""Every cause that the code writes has its words, and in both languages."""

import re
from pathlib import Path

import pytest

from hub.providers.tiktok import CODES, MESSAGES
from hub.stores.events import REASONS
from hub.sync import causes, logs

ROOT = Path(__file__).parents[2]
ROOMS = ("sync", "stores", "providers")
WRITTEN = re.compile(
    r'ProviderError\(\s*"([a-z_]+)"|\bcause="([a-z_]+)"|"cause": "([a-z_]+)"|\bcause = "([a-z_]+)"'
    r'|give_up\(\w+, \w+, "([a-z_]+)"|settle\(\w+, [A-Z_]+, "([a-z_]+)"'
)


def written() -> set[str]:
    """Causes in tables, and those said in place."""
    said = {
        next(filter(None, found))
        for room in ROOMS
        for path in (ROOT / "hub" / room).glob("*.py")
        for found in WRITTEN.findall(path.read_text())
    }
    tables = {cause for cause, _permanent in CODES.values()} | {
        word for word, _ in REASONS.values()
    }
    return said | tables | set(MESSAGES) | set(logs.SKIPPED)


def test_the_search_finds_what_it_should() -> None:
    assert {"access_unreadable", "account_private", "internal_error", "crashed"} <= written()


@pytest.mark.parametrize("word", sorted(written()))
def test_it_knows_every_cause(word: str) -> None:
    assert word in causes.CAUSES


def test_a_variant_falls_back_and_the_unknown_is_told() -> None:
    assert causes.describe("timeout:video") is causes.CAUSES["timeout"]
    assert causes.describe("sunspots") is causes.OTHER
    assert causes.describe(None) is causes.OTHER


def test_trying_again_is_never_the_help_where_only_the_owner_can_act() -> None:
    for word, words in causes.CAUSES.items():
        if words.actor == causes.PIC:
            assert words.helps in (causes.LINK, causes.LOOK), word
