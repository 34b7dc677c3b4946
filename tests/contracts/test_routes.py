"""Every route is marked, listed in routes.txt and named as the house names.

After a change on purpose: `python -m pytest tests/contracts/test_routes.py --update-routes`.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from hub.access import LEVELS
from hub.api import family_of

LIST = Path(__file__).with_name("routes.txt")
SEGMENT = re.compile(r"[a-z0-9-]+|<(?:\w+:)?[a-z_]+>|favicon\.ico|robots\.txt|openapi\.json")


def rules(app: Any) -> list[Any]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def lines(app: Any) -> list[str]:
    """`GET,POST /login users.login public`"""
    told = []
    for rule in rules(app):
        mark = getattr(app.view_functions[rule.endpoint], "access", None)
        methods = ",".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        told.append(f"{methods} {rule.rule} {rule.endpoint} {mark.level if mark else '-'}")
    return sorted(told, key=lambda line: line.split()[1::-1])


def test_every_route_says_who_may_call_it(app: Any) -> None:
    unmarked = [line for line in lines(app) if line.split()[-1] not in LEVELS]
    assert unmarked == []


def test_every_route_is_listed(app: Any, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-routes"):
        LIST.write_text("\n".join(lines(app)) + "\n")
    known = LIST.read_text().splitlines()
    new, gone = set(lines(app)) - set(known), set(known) - set(lines(app))
    assert (new, gone) == (set(), set()), f"see {Path(__file__).name}: --update-routes"


def test_addresses_are_kebab_case(app: Any) -> None:
    odd = [
        rule.rule
        for rule in rules(app)
        for part in rule.rule.strip("/").split("/")
        if part and not SEGMENT.fullmatch(part)
    ]
    assert odd == []


def test_doors_with_a_key_speak_json_and_pages_do_not(app: Any) -> None:
    """`/admin/*` is opened by keys alone; pages are never under it."""
    with app.test_request_context("/"):
        for rule in rules(app):
            mark = app.view_functions[rule.endpoint].access
            if rule.rule.startswith("/admin"):
                assert mark.level == "admin", rule.rule
            elif family_of(rule.rule):
                assert mark.level in ("public", "client"), rule.rule
