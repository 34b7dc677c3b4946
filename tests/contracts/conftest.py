"""--update-routes writes the list of routes anew."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-routes", action="store_true", help="write tests/contracts/routes.txt"
    )
