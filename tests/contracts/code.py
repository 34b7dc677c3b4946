"""Reading the code: files, their imports, their calls."""

import ast
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.servers import ROOT

HUB = ROOT / "hub"
ROOMS = sorted(p.name for p in HUB.iterdir() if (p / "__init__.py").exists())


def files(folder: str, glob: str = "**/*.py") -> list[Path]:
    return sorted(p for p in (ROOT / folder).glob(glob) if "__pycache__" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@lru_cache(maxsize=512)
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> set[str]:
    """Every module or name that is imported, dotted: `hub.db`, `hub.db.Base`, `flask.request`."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(path: Path) -> set[str]:
    """The modules of ours among them (`hub.stores.models`), whatever is taken out of them."""
    return {module for name in imports(path) if (module := module_of(name))}


def module_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    if parts[0] != "hub":
        return None
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if place.with_suffix(".py").exists() or (place / "__init__.py").exists():
            return ".".join(parts[:length])
    return None


def room_of(module: str) -> str | None:
    """The room of a module of ours; None for the ground floor."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Calls of a function by its last name: `render(…)`, `web.render(…)`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in names:
                yield node


def text_of(node: ast.expr | None) -> str | None:
    """The text of a literal, else None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_door(path: Path) -> bool:
    """Where HTML or JSON comes in: pages.py, api.py, and whatever makes a blueprint."""
    named = path.name in ("pages.py", "api.py")
    return named or bool(list(calls(path, "Blueprint", "APIBlueprint")))


def committed() -> list[Path]:
    """Files that are or will be in the repository."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if told.returncode:  # an archive without .git
        skipped = {".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.parts)]
    return [p for name in told.stdout.split("\0") if name and (p := ROOT / name).is_file()]
