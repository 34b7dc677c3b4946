"""Templates compile, hold what the code asks of them, and nothing that CSP or the house refuses."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.code import calls, files, name_of, text_of
from tests.servers import ROOT

TEMPLATES = files("templates", "**/*.html")
EVERY = [*TEMPLATES, *files("sandbox/templates", "**/*.html")]
REFUSED = {
    "inline style": r"<style\b|\sstyle\s*=",
    "inline script": r"<script\b(?![^>]*\bsrc=)(?!\s+type=\"application/json\")",
    "inline handler": r"<[a-z][^>{]*\son[a-z]+\s*=",
    "hx-on": r"\bhx-on\b|\bhx-vals\s*=\s*['\"]js:|\bhx-headers\s*=\s*['\"]js:",
    "part of another host": r"<(?:script|img|link|iframe)\b[^>]*(?:src|href)=[\"'](?:https?:)?//",
}
TOKEN = r"\bcsrf\(|csrf_token|hidden_tag|signed_token"
QUERIES = r"\.query\b|\bdb\.|\bsession\.|\.execute\(|\.scalars?\("


def test_they_compile(app: Any) -> None:
    for path in TEMPLATES:
        app.jinja_env.get_template(path.relative_to(ROOT / "templates").as_posix())


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_it_holds_nothing_that_is_refused(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    assert [what for what, form in REFUSED.items() if re.search(form, text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_it_asks_no_database(path: Path) -> None:
    code = re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(), re.S)
    assert [part for part in code if re.search(QUERIES, part)] == []


def rendered() -> list[tuple[str, str, str | None]]:
    """Where, template, block of every `render(…)` with a literal."""
    found = []
    for path in files("hub"):
        for call in calls(path, "render"):
            template = text_of(call.args[0]) if call.args else None
            if template:
                block = next((k.value for k in call.keywords if k.arg == "block"), None)
                if block is None and len(call.args) > 1:
                    block = call.args[1]
                found.append((f"{name_of(path)}:{call.lineno}", template, text_of(block)))
    return found


def test_it_is_there_with_the_blocks_that_are_asked_for(app: Any) -> None:
    asked = rendered()
    assert len(asked) > 5
    missing = []
    for where, template, block in asked:
        if not (ROOT / "templates" / template).exists():
            missing.append(f"{where}: {template}")
        elif block and block not in app.jinja_env.get_template(template).blocks:
            missing.append(f"{where}: block {block} of {template}")
    assert missing == []


def test_a_block_is_named_like_its_element() -> None:
    """htmx replaces the element with the block's name: it must have that id."""
    everything = {name_of(p): p.read_text() for p in TEMPLATES}
    lost = []
    for where, template, block in rendered():
        if block is None:
            continue
        text = everything.get(f"templates/{template}", "")
        parts = [text] + [
            everything.get(f"templates/{name}", "")
            for name in re.findall(r"include \"([^\"]+)\"", text)
        ]
        if not any(re.search(rf"\bid=\"{block}\"", part) for part in parts):
            lost.append(f"{where}: no id={block} in {template}")
    assert lost == []


def test_every_form_that_posts_carries_a_token() -> None:
    bare = []
    for path in TEMPLATES:
        forms = re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text(), re.S)
        bare += [f"{name_of(path)}: {form[:60]}" for form in forms if not re.search(TOKEN, form)]
    assert bare == []
