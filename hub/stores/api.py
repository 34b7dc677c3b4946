"""Stores as JSON (spec 003)."""

from flask_openapi import APIBlueprint

from hub.stores import models  # noqa: F401

blueprint = APIBlueprint("stores_api", __name__)
