import ast
from pathlib import Path

import pytest

import sandbox as package
from sandbox.settings import Settings, load

FOLDER = Path(package.__file__).parent


def test_it_has_defaults_and_reads_every_kind():
    assert load({}) == Settings()
    told = load(
        {
            "SANDBOX_QUOTA": "0",
            "SANDBOX_NEW_VIDEOS": "false",
            "SANDBOX_LATENCY_MS": "12.5",
            "SANDBOX_REDIRECT_URIS": "https://a/cb, https://b/cb",
        }
    )
    assert told.quota == 0
    assert told.new_videos is False
    assert told.latency_ms == 12.5
    assert told.redirect_uris == ("https://a/cb", "https://b/cb")


@pytest.mark.parametrize(
    ("text", "seconds"), [("3600", 3600), ("+1d", 86400), ("-6h", -21600), ("30m", 1800)]
)
def test_it_takes_the_clock_offset_of_the_hub(text, seconds):
    assert load({"HUB_CLOCK_OFFSET": text}).clock_offset == seconds
    assert load({"HUB_CLOCK_OFFSET": "5", "SANDBOX_CLOCK_OFFSET": text}).clock_offset == seconds


def test_it_names_all_bad_variables_at_once():
    with pytest.raises(ValueError, match=r"SANDBOX_QUOTA.*SANDBOX_CLOCK_OFFSET"):
        load({"SANDBOX_QUOTA": "many", "SANDBOX_CLOCK_OFFSET": "tomorrow"})


def test_it_describes_every_setting_and_magic_word_in_the_readme():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    from sandbox.faults import NAMES
    from sandbox.world import MAGIC

    for name in Settings.__dataclass_fields__:
        assert f"`SANDBOX_{name.upper()}`" in text, name
    for word in MAGIC | NAMES:
        assert f"`{word}`" in text, word


def test_it_imports_nothing_of_the_hub_and_reads_the_environment_in_one_file():
    for path in FOLDER.glob("**/*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.split(".")[0] in ("hub", "tests") for name in names), path
        assert ("os.environ" in text or "getenv" in text) == (path.name == "settings.py"), path
