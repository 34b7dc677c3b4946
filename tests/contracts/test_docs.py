"""What docs/ says of settings, words, addresses and SQL is what the code has."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask_babel import force_locale
from sqlalchemy import text

from hub.config import Settings, words_of
from hub.db import begin
from hub.schedule import ScheduleSlot
from hub.stores import models as stores
from hub.stores import states
from hub.sync import causes, logs
from hub.sync import models as sync
from hub.work import STATES
from tests.contracts.code import calls, files, tree
from tests.servers import ROOT

DOCS = ROOT / "docs"
FORWARDERS = {"keep_audit"}  # functions that hand an action on to `record`
DECISION = 30  # lines


def read(name: str) -> str:
    return (DOCS / name).read_text()


def section(name: str, title: str) -> str:
    """What stands under a heading, up to the next."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", read(name), re.M | re.S)
    assert found, f"docs/{name} has no heading {title}"
    return found[1]


def first_words(part: str) -> dict[str, str]:
    """Lines of a table by the word in their first cell."""
    return {found[1]: found[0] for found in re.finditer(r"^\| `([\w:]+)`.*\|$", part, re.M)}


def setting_line(name: str) -> str:
    field = Settings.model_fields[name]
    named = " ".join(f"`{word.upper()}`" for word in words_of(name))
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    shown = "-" if default is None or default == "" else f"`{default}`"
    return f"| {named} | {shown} | {field.description} |"


def test_every_setting_stands_in_operations() -> None:
    told = re.findall(r"^\| `.*\|$", section("operations.md", "Settings"), re.M)
    wanted = [setting_line(name) for name in Settings.model_fields]
    assert told == wanted, "docs/operations.md, Settings, should be:\n" + "\n".join(wanted)


def actions() -> Iterator[str]:
    """Every action that is written to the audit log."""
    for path in files("hub"):
        for call in calls(path, "record", *FORWARDERS):
            yield from (
                str(node.value) for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)
            )


def test_an_action_is_said_where_it_is_written() -> None:
    """Else `actions` could not read it."""
    unsaid = {
        function.name
        for path in files("hub")
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", ""))
        == "record" and isinstance(call.args[0], ast.Name)
    }  # fmt: skip
    assert unsaid == FORWARDERS


def test_every_audit_action_has_its_line() -> None:
    found = set(actions())
    assert {"login", "sync_run", "restore_store"} <= found
    assert set(first_words(section("words.md", "Audit actions"))) == found


def test_every_cause_has_its_line_in_both_languages(app: Any) -> None:
    lines = first_words(section("words.md", "Causes"))
    assert set(lines) == set(causes.CAUSES)
    for language in ("en", "id"):
        with app.test_request_context(), force_locale(language):
            wrong = [word for word, cause in causes.CAUSES.items()
                     if f"| {cause.title} |" not in lines[word]]  # fmt: skip
        assert wrong == []


@pytest.mark.parametrize("word", sorted({
    *stores.STATUSES, *states.WORDS, *STATES, *sync.RUN_STATES, *sync.PARTS, *sync.JOBS,
    *sync.TRIGGERS, *logs.JOB_NAMES.values(), *(part.upper() for part in sync.PARTS),
}))  # fmt: skip
def test_every_state_is_explained(word: str) -> None:
    assert f"`{word}`" in read("words.md")


def test_every_state_of_a_slot_is_explained() -> None:
    checks = [str(c.sqltext) for c in ScheduleSlot.__table__.constraints if hasattr(c, "sqltext")]
    words = re.findall(r"'(\w+)'", " ".join(checks))
    assert words
    assert [
        word for word in words if f"`{word}`" not in section("words.md", "States of work")
    ] == []


def test_addresses_that_are_named_are_there(app: Any) -> None:
    there = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r":\1", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }
    named = re.findall(r"`(GET|POST|PATCH|DELETE) (/[^`?\s]*)", read("integrating.md")
                       + read("operations.md"))  # fmt: skip
    assert len(named) > 20
    assert sorted(set(named) - there) == []


def test_every_address_with_a_key_is_named(app: Any) -> None:
    wanted = {re.sub(r"<(\w+)>", r":\1", rule.rule) for rule in app.url_map.iter_rules()
              if rule.rule.startswith("/admin/")}  # fmt: skip
    assert sorted(one for one in wanted if f" {one}`" not in read("integrating.md")) == []


def test_every_question_in_sql_runs(database: str, app: Any) -> None:
    questions = re.findall(r"```sql\n(.*?)```", read("operations.md"), re.S)
    assert len(questions) >= 5
    for question in questions:
        if not database:
            question = re.sub(
                r"CURRENT_DATE - INTERVAL '(\d+) days'", r"DATE('now', '-\1 days')", question
            )
        with begin() as connection:
            connection.execute(text(question)).all()


def test_links_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+)", page.read_text())
        if not target.startswith("http") and not (page.parent / target).exists()
    ]
    assert broken == []


def test_decisions_are_short_and_numbered() -> None:
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == [*range(1, len(decisions) + 1)]
    lines = {path.name: len(path.read_text().splitlines()) for path in decisions}
    assert {name: count for name, count in lines.items() if count > DECISION} == {}
