"""The queue door of sync."""

from collections.abc import Callable

from hub.schedule import Entry

CRON: list[Entry] = []
SWEEPERS: list[Callable[[], None]] = []
