"""Which passwords are refused, and that good ones are not."""

from typing import Any

import pytest

from hub.users.passwords import problem_with

EMAIL = "rani@hub.test"


@pytest.mark.parametrize(
    "password",
    ["", "seven77", "password", "PASSWORD", "Password1!", "12345678", "98765432", "qwertyuiop",
     "aaaaaaaa", "abababab", "sayangku", "bismillah123", "rani@hub.test", "rani2024", "x" * 1001],
)  # fmt: skip
def test_it_refuses(app: Any, password: str) -> None:
    assert problem_with(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    ["teh botol", "korek api kayu", "x7Gq!kd2", "ranimau makan bakso", "²³⁴⁵⁶⁷⁸⁹", "éèêëēėę1",
     "kelapa muda " * 80],
)  # fmt: skip
def test_it_takes(app: Any, password: str) -> None:
    assert problem_with(password, EMAIL) is None
