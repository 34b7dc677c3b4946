"""Settings: all problems at once, none with a value; sources; what production refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.config import ConfigError, Settings, load_settings, new_secret, source_of

GOOD = {
    "hub_env": "production",
    "token_enc_key": new_secret("token_enc_key"),
    "state_secret": new_secret("state_secret"),
    "admin_api_key": new_secret("admin_api_key"),
    "secret_key": new_secret("secret_key"),
    "public_url": "https://hub.example",
}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without .env and an environment without settings of ours."""
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, "node_env", "app_env"):
        monkeypatch.delenv(name.upper(), raising=False)


def problems_of(**given: Any) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(**given)
    pairs = [problem.split(": ", 1) for problem in caught.value.problems]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)  # type: ignore[arg-type]


def test_it_names_every_problem_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "NODE_ENV": "production",
        "PORT": "abc",
        "TZ": "Mars/Base",
        "ADMIN_RATE_LIMIT": "many",
        "STATE_SECRET": "zz",
        "DATABASE_URL": "mysql://x",
        "TOKEN_ENC_KEYS_OLD": "zz",
        "PUBLIC_URL": "http://x",
        "HUB_CLOCK_OFFSET": "+1d",
        "CRON_SYNC_USER_DAILY": "whenever",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = problems_of()
    missing = {"TOKEN_ENC_KEY", "ADMIN_API_KEY", "SECRET_KEY"}
    assert set(found) == (set(given) - {"NODE_ENV"}) | missing


def test_it_prints_no_value() -> None:
    given = {"state_secret": "sesame", "token_enc_key": "sesame", "database_url": "sesame://x"}
    assert "sesame" not in str(problems_of(**given))


@pytest.mark.parametrize(
    "change",
    [
        {"token_enc_key": ""},
        {"token_enc_key": "a" * 64},
        {"token_enc_key": "short"},
        {"state_secret": "x" * 64},
        {"admin_api_key": "change-me-change-me-change-me-change-me"},
        {"secret_key": "too-short"},
        {"public_url": "http://hub.example"},
        {"public_url": ""},
        {"hub_clock_offset": "60"},
        {"callback_allow_networks": "127.0.0.0/8"},
        {"cors_origin": "*"},
    ],
)
def test_production_refuses(change: dict[str, str]) -> None:
    assert set(problems_of(**GOOD | change)) == {name.upper() for name in change}


def test_production_starts_with_good_ones() -> None:
    settings = load_settings(**GOOD)
    assert settings.signed_connect and settings.secure
    assert not (settings.hub_data_dir / "secrets.json").exists()


def test_development_makes_missing_secrets_once(tmp_path: Path) -> None:
    first = load_settings()
    kept = tmp_path / "var" / "secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text())["admin_api_key"] == first.admin_api_key
    assert load_settings().token_enc_key == first.token_enc_key


def test_it_makes_nothing_when_something_is_wrong(tmp_path: Path) -> None:
    problems_of(port="none")
    assert not (tmp_path / "var").exists()


def test_it_knows_where_a_setting_comes_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("TZ=Asia/Jakarta\nNODE_ENV=test\nWORKERS=3\n")
    monkeypatch.setenv("PORT", "3001")
    monkeypatch.setenv("WORKERS", "4")
    settings = load_settings()
    names = ("port", "tz", "hub_env", "workers", "secret_key", "host")
    assert [source_of(settings, name) for name in names] == [
        "environment", ".env", ".env", "environment", "made", "default",
    ]  # fmt: skip
    assert (settings.tz, settings.workers, settings.hub_env) == ("Asia/Jakarta", 4, "test")
