"""Nothing of one machine, no package registry and no secret in what is committed."""

import re
from pathlib import Path

import pytest

from tests.contracts.code import committed, name_of

TEXT = {".py", ".html", ".js", ".css", ".md", ".txt", ".toml", ".cfg", ".ini", ".sh", ".po",
        ".yml", ".yaml", ".json", ".example", ".service", ""}  # fmt: skip
FORMS = {
    "a path of one machine": r"(?<![\w.~-])/(?:work|root|home|Users)/[\w.]",
    "a folder that is not ours": r"(?<![\w.~:-])/tmp/[\w.]",
    "a package registry": r"\b(?:pypi|registry\.npmjs|files\.pythonhosted|deb\.debian)\.org\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of a cloud": r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abp]-[\w-]{20,}",
    "a token of TikTok": r"\b(?:act|rft|clt)\.[A-Za-z0-9]{40,}",
}
FOREIGN = ("static/vendor/", "tests/browser/vendor/", "tests/captures/")  # as others wrote them


def texts() -> list[Path]:
    return [
        path
        for path in committed()
        if path.suffix in TEXT and not name_of(path).startswith(FOREIGN) and path != Path(__file__)
    ]


@pytest.mark.parametrize("what", FORMS)
def test_it_is_in_no_file(what: str) -> None:
    form = re.compile(FORMS[what])
    found = [
        f"{name_of(path)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if form.search(line)
    ]
    assert found == []


def test_nothing_of_a_running_hub_is_committed() -> None:
    kept = {"secrets.json", "hub.sqlite3", "run.json", "demo.json", ".env"}
    assert [name_of(path) for path in committed() if path.name in kept] == []
