"""Budgets are printed by bin/check; twice the figure fails."""

import importlib.util
from types import ModuleType

import pytest

from tests.servers import ROOT


@pytest.fixture
def budgets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("budgets", ROOT / "bin" / "budgets.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_is_longer_than_twice_its_budget(budgets: ModuleType) -> None:
    told = list(budgets.excesses())
    for what, length, most in told:
        print(f"{length} of {most}: {what}")
    assert [what for what, length, most in told if length > 2 * most] == []
