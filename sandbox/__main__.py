"""`python -m sandbox [--port N]`: one gunicorn process with many threads."""

import argparse
import os
import sys
from pathlib import Path

from sandbox.settings import Settings, load


def command(settings: Settings, host: str, port: int) -> list[str]:
    """gunicorn with our own configuration file (another may lie in the working folder)."""
    config = Path(__file__).with_name("serving.py")
    words = ["-m", "gunicorn", "--config", str(config), "--bind", f"{host}:{port}"]
    return [sys.executable, *words, "--threads", str(settings.threads)]


def main() -> None:
    """Check the settings, then become gunicorn (the pid stays, signals arrive)."""
    try:
        settings = load()
    except ValueError as error:
        sys.exit(f"sandbox: {error}")
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default=settings.host)
    parser.add_argument("--port", type=int, default=settings.port)
    asked = parser.parse_args()
    print(f"sandbox: http://{asked.host}:{asked.port}/", flush=True)
    words = command(settings, asked.host, asked.port)
    os.execv(words[0], words)


if __name__ == "__main__":
    main()
