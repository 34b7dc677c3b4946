"""Says loudly what was skipped and why; with `--no-skips` PostgreSQL, Redis and browser tests
that were skipped fail the run. A pytest plugin, loaded by pyproject.toml."""

from collections import Counter
from typing import Any

import pytest

NEEDED = ("postgres", "redis", "browser")
SAID = ("no postgresql", "no redis", "no browser", "no chromium")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="a skipped PostgreSQL, Redis or browser test is a failure (bin/test with CI=true)",
    )


def reason(report: Any) -> str:
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return str(words).removeprefix("Skipped: ")


def needed(report: Any) -> bool:
    """Whether this skip leaves one of the three untested."""
    marked = set(NEEDED) & set(getattr(report, "keywords", ()))
    named = any(f"/{name}/" in f"/{report.nodeid}" for name in NEEDED)
    return bool(marked) or named or reason(report).lower().startswith(SAID)


def skipped(terminal: Any) -> list[Any]:
    return list(terminal.stats.get("skipped", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if not terminal or not session.config.getoption("--no-skips"):
        return
    if exitstatus == pytest.ExitCode.OK and any(map(needed, skipped(terminal))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    reports = skipped(terminalreporter)
    if not reports:
        return
    strict = config.getoption("--no-skips")
    terminalreporter.section(f"NOT TESTED: {len(reports)} skipped", sep="!", yellow=True, bold=True)
    for why, count in Counter(map(reason, reports)).most_common():
        terminalreporter.line(f"{count:>5}  {why}")
    missing = sum(map(needed, reports))
    if missing:
        fate = "this FAILS the run" if strict else "with CI=true this fails the run"
        terminalreporter.line(
            f"{missing} of them need PostgreSQL, Redis or a browser: {fate}", red=True, bold=True
        )
