"""Who may import what (DESIGN §1, house.md §8). A rule that is broken names file and import."""

import ast
from pathlib import Path

import pytest

from tests.contracts.code import (
    HUB,
    ROOMS,
    calls,
    files,
    imports,
    is_door,
    modules,
    name_of,
    room_of,
    tree,
)

GROUND = [p for p in files("hub", "*.py") if p.name != "__init__.py"]
MODELS = files("hub", "*/models.py")
PROVIDERS = [p for p in files("hub/providers") if p.name != "__init__.py"]
DOORS = [p for room in ROOMS for p in files(f"hub/{room}") if is_door(p)]
INSIDE = [p for room in ROOMS for p in files(f"hub/{room}") if p.parent.name != "providers"]
SPECIAL = {*DOORS, *MODELS}
VERBS = [
    p for p in INSIDE if p not in SPECIAL and p.name not in ("__init__.py", "cli.py", "jobs.py")
]

OF_MODELS = {"hub.db", "hub.clock", "hub.errors", "hub.work", "hub.oauth", "hub.crypto"}
# hub.oauth: the `Tokens` they return; hub.clock: `expires_in` as an instant; hub.crypto: redact.
OF_PROVIDERS = {"hub.http", "hub.errors", "hub.config", "hub.oauth", "hub.clock", "hub.crypto"}
REQUEST = {"flask.request", "flask.session", "flask.render_template"}
# Verbs about the request itself, each with its reason.
MAY_READ_THE_REQUEST = {
    "hub/users/guards.py": "the guards of every request",
}


def broken(found: dict[Path, set[str]]) -> list[str]:
    return [f"{name_of(path)} imports {name}" for path, names in found.items()
            for name in sorted(names)]  # fmt: skip


def doors() -> set[str]:
    return {name_of(p).removesuffix(".py").replace("/", ".") for p in DOORS}


def test_the_ground_floor_imports_no_room() -> None:
    found = {p: {m for m in modules(p) if room_of(m)} for p in GROUND}
    assert broken(found) == []


def test_models_stand_on_the_ground_floor_and_on_models() -> None:
    def wrong(module: str) -> bool:
        if room_of(module):
            return not module.endswith(".models")
        return module not in OF_MODELS

    found = {p: {m for m in modules(p) if wrong(m)} for p in MODELS}
    found |= {p: found[p] | {n for n in imports(p) if n.split(".")[0] == "flask"} for p in MODELS}
    assert broken(found) == []


def test_providers_know_only_their_wire() -> None:
    found = {
        p: {m for m in modules(p) if m not in OF_PROVIDERS and room_of(m) != "providers"}
        | {n for n in imports(p) if n.split(".")[0] in ("flask", "sqlalchemy")}
        for p in PROVIDERS
    }
    assert broken(found) == []


def test_verbs_know_no_door_and_no_request() -> None:
    allowed = {HUB.parent / name for name in MAY_READ_THE_REQUEST}
    found = {
        p: (modules(p) & doors()) | (set() if p in allowed else imports(p) & REQUEST) for p in VERBS
    }
    assert broken(found) == []


def test_exceptions_are_still_needed() -> None:
    for name in MAY_READ_THE_REQUEST:
        assert imports(HUB.parent / name) & REQUEST, f"{name} needs no exception"


def test_doors_know_no_other_rooms_door_and_no_provider() -> None:
    found = {}
    for path in DOORS:
        own = room_of(name_of(path).removesuffix(".py").replace("/", "."))
        others = {m for m in modules(path) & doors() if room_of(m) != own}
        providers = {m for m in modules(path) if room_of(m) == "providers"}
        found[path] = others | providers | (imports(path) & {"requests"})
    assert broken(found) == []


def test_jobs_read_no_request() -> None:
    found = {p: imports(p) & REQUEST for p in files("hub", "*/jobs.py")}
    assert broken(found) == []


def test_the_sandbox_imports_nothing_of_hub() -> None:
    found = {p: {n for n in imports(p) if n.split(".")[0] == "hub"} for p in files("sandbox")}
    assert broken(found) == []


def test_only_http_speaks_to_the_world() -> None:
    others = [p for p in files("hub") if p != HUB / "http.py"]
    found = {p: {n for n in imports(p) if n.split(".")[0] in ("requests", "httpx", "urllib3")}
             for p in others}  # fmt: skip
    assert broken(found) == []


def test_only_config_reads_the_environment() -> None:
    read = []
    for path in [*files("hub"), *files("sandbox"), *files(".", "*.py")]:
        if name_of(path) in ("hub/config.py", "sandbox/settings.py"):
            continue
        read += [
            f"{name_of(path)}:{node.lineno}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
        ]
    assert read == []


# Where real time is meant, never the shifted one: window of the limits, waiting, log lines.
REAL_TIME = {"hub/clock.py", "hub/limits.py", "hub/log.py"}


def test_only_the_clock_tells_the_time() -> None:
    told = []
    for path in files("hub"):
        if name_of(path) in REAL_TIME:
            continue
        for call in calls(path, "now", "utcnow", "today", "time"):
            if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
                whose = call.func.value.id
                if (whose, call.func.attr) in {
                    ("datetime", "now"),
                    ("datetime", "utcnow"),
                    ("date", "today"),
                    ("time", "time"),
                }:
                    told.append(f"{name_of(path)}:{call.lineno}")
    assert told == []


def test_only_web_knows_the_headers_of_htmx() -> None:
    known = []
    for path in files("hub"):
        if path == HUB / "web.py":
            continue
        known += [
            f"{name_of(path)}:{node.lineno}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Constant) and str(node.value).upper().startswith("HX-")
        ]
    assert known == []


def test_no_room_has_a_layer() -> None:
    layers = {"services", "repositories", "utils", "helpers", "schemas", "managers"}
    found = [name_of(p) for p in files("hub") if layers & {p.stem, p.parent.name}]
    assert found == []


@pytest.mark.parametrize("name", ["Manager", "Service", "Helper", "Util"])
def test_no_class_is_named_after_nothing(name: str) -> None:
    found = [
        f"{name_of(p)}: {node.name}"
        for p in files("hub")
        for node in ast.walk(tree(p))
        if isinstance(node, ast.ClassDef) and node.name.endswith(name)
    ]
    assert found == []
