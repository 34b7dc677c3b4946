"""`doctor`, `secrets new` and `migrate`, as somebody at a terminal runs them."""

import re
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text

from hub.config import Settings
from tests.installation import KEY
from tests.stores.world import add_connected

OTHER_KEY = "9f" * 32


@pytest.fixture
def run(app: Any, db: Any) -> Any:
    """`run("doctor")`: the result of a command."""

    def invoke(*words: str) -> Result:
        db.session.commit()
        return app.test_cli_runner().invoke(args=words)

    return invoke


def findings(result: Result) -> dict[str, str]:
    """State by check."""
    return {m[2]: m[1] for m in re.finditer(r"^(ok|warn|broken) +(\w+): ", result.output, re.M)}


@pytest.mark.redis
def test_it_finds_nothing_broken(redis: Any, database: str, run: Any, db: Any) -> None:
    add_connected("JKT001")
    result = run("doctor")
    assert result.exit_code == 0, result.output
    found = findings(result)
    assert set(found) == {
        "mode", "database", "schema", "keys", "redis", "tiktok", "redirect", "disk", "time",
    }  # fmt: skip
    assert found | {"tiktok": "warn"} == found  # the sandbox is not TikTok


def test_it_shows_every_setting_and_no_secret(run: Any, app: Any) -> None:
    result = run("doctor")
    shown = {line.split()[0] for line in result.output.splitlines() if line[:1].isupper()}
    assert {name.upper() for name in Settings.model_fields} <= shown
    config = app.extensions["settings"]
    for secret in (KEY, config.token_enc_key, config.secret_key, config.tiktok_client_secret):
        assert secret not in result.output
    line = next(line for line in result.output.splitlines() if line.startswith("WORKERS "))
    assert re.search(r"\b2 +default +worker processes of bin/run", line)


def test_it_hides_the_passwords_of_addresses(run: Any, app: Any) -> None:
    app.extensions["settings"].redis_url = "redis://:hunter2@127.0.0.1:9"
    result = run("doctor")
    assert "hunter2" not in result.output
    assert findings(result)["redis"] == "broken"
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"tiktok_redirect_uri": "http://localhost/callback"}, "redirect"),
        ({"tiktok_redirect_uri": "https://old.example/auth/tiktok/callback"}, "redirect"),
        ({"hub_env": "production"}, "tiktok"),
    ],
)
def test_it_finds_what_is_broken(change: dict[str, str], check: str, run: Any, app: Any) -> None:
    for name, value in change.items():
        setattr(app.extensions["settings"], name, value)
    result = run("doctor")
    assert (result.exit_code, findings(result)[check]) == (1, "broken")
    assert check in result.output.splitlines()[-1]


def test_it_finds_a_missing_schema(run: Any, db: Any) -> None:
    db.session.execute(text("DROP TABLE alembic_version"))
    db.session.execute(text("DROP VIEW tiktok_video_daily"))
    assert findings(run("doctor"))["schema"] == "broken"


def test_it_names_the_key_that_is_lost(run: Any, db: Any) -> None:
    add_connected("JKT001")
    db.session.execute(text("UPDATE store_accounts SET encrypted_access_token = 'v1.deadbeef.x.y'"))
    result = run("doctor")
    assert "deadbeef" in result.output
    assert findings(result)["keys"] == "broken"


def test_a_start_with_a_lost_key_is_refused(run: Any, db: Any) -> None:
    add_connected("JKT001")
    db.session.execute(text("UPDATE store_accounts SET encrypted_access_token = 'v1.deadbeef.x.y'"))
    result = run("migrate")
    assert result.exit_code == 1
    assert "deadbeef" in result.output and "TOKEN_ENC_KEYS_OLD" in result.output


def test_a_start_with_the_keys_goes_on(run: Any, db: Any) -> None:
    add_connected("JKT001")
    assert run("migrate").exit_code == 0


def test_it_prints_secrets_that_production_takes(run: Any) -> None:
    lines = run("secrets", "new").output.split()
    made = dict(line.split("=", 1) for line in lines)
    assert set(made) == {"TOKEN_ENC_KEY", "ADMIN_API_KEY", "STATE_SECRET", "SECRET_KEY"}
    assert all(len(value) >= 32 for value in made.values())
    assert re.fullmatch(r"[0-9a-f]{64}", made["TOKEN_ENC_KEY"])
    assert run("secrets", "new").output.split() != lines


@pytest.mark.parametrize("words", [("doctor",), ("secrets", "new"), ("migrate",)])
def test_every_command_has_an_example(words: tuple[str, ...], run: Any) -> None:
    assert f"flask --app wsgi {' '.join(words)}" in " ".join(run(*words, "--help").output.split())
