"""Commands of the sync room."""

from click import Command

commands: list[Command] = []
