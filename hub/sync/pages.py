"""The sync dashboard."""

from flask import Blueprint

blueprint = Blueprint("sync", __name__)
