"""Commands of the stores room."""

from click import Command

commands: list[Command] = []
