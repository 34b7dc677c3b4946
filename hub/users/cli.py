"""Commands of the users room."""

from click import Command

commands: list[Command] = []
