"""Connecting a TikTok account."""

from flask import Blueprint

blueprint = Blueprint("connect", __name__)
