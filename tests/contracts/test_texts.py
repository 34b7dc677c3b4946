"""Every text that people see has an Indonesian form."""

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.servers import ROOT

KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
            "lazy_ngettext": (1, 2)}  # fmt: skip
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]")


def texts() -> set[str]:
    """Every msgid of code and templates."""
    with (ROOT / "translations" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: set[str] = set()
    for folder in ("hub", "templates"):
        mapping = [(re.sub(rf"^{folder}/", "", form), by) for form, by in methods]
        wishes = {re.sub(rf"^{folder}/", "", form): wish for form, wish in options.items()}
        for _file, _line, message, *_ in extract_from_dir(
            ROOT / folder, mapping, wishes, keywords=KEYWORDS
        ):
            found |= {message} if isinstance(message, str) else {message[0]}
    return found


def catalogue() -> dict[str, str]:
    path: Path = ROOT / "translations" / "id" / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        return {
            (m.id if isinstance(m.id, str) else m.id[0]): (
                m.string if isinstance(m.string, str) else m.string[0]
            )
            for m in read_po(file)
            if m.id and not m.fuzzy
        }


def test_every_text_has_its_indonesian() -> None:
    known = catalogue()
    asked = texts()
    assert len(asked) > 100
    assert sorted(text for text in asked if not known.get(text)) == []


def test_translations_keep_the_places_of_values() -> None:
    wrong = [
        text
        for text, other in catalogue().items()
        if other
        and not set(PLACE.findall(other)) <= set(PLACE.findall(text)) | {"%(num)s", "%(num)d"}
    ]
    assert wrong == []
