"""People's pages."""

from flask import Blueprint

from hub.users import models  # noqa: F401

blueprint = Blueprint("users", __name__)
