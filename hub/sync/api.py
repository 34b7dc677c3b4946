"""Sync as JSON (spec 003)."""

from flask_openapi import APIBlueprint

from hub.sync import models  # noqa: F401

blueprint = APIBlueprint("sync_api", __name__)
