"""What tests hold in their hands: a logged-in browser, a caller with a key, the list of work."""

from contextvars import Context
from typing import Any

from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from hub.db import db
from hub.users.models import User
from hub.users.sessions import start_session


class Client(FlaskClient):
    """Each request runs in a context of its own, as in a server; what the test wrote is committed
    first (on SQLite an open transaction of the test would hold the request up)."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("buffered", True)  # what is written after the answer is written by then
        db.session.commit()
        try:
            return Context().run(super().open, *args, **kwargs)
        finally:
            db.session.expire_all()


class Browser(Client):
    """A browser: keeps cookies; its forms carry a token unless `csrf=False`."""

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> Any:
        if csrf and kwargs.get("method", "GET") != "GET" and "json" not in kwargs:
            data = kwargs.get("data") or {}
            kwargs["data"] = {"csrf_token": Context().run(self.token), **data}
        return super().open(*args, **kwargs)

    def token(self) -> str:
        with self.application.test_request_context(), self.session_transaction() as session:
            session.setdefault("csrf_token", "c" * 40)
            raw = session["csrf_token"]
        with self.application.test_request_context() as context:
            context.session["csrf_token"] = raw
            return str(generate_csrf())

    def log_in(self, user: User) -> None:
        """A session of this account, without the slow check of a password."""
        token = start_session(user, "Mozilla/5.0 (Windows NT 10.0) Firefox/150.0", "127.0.0.1")
        db.session.commit()
        Context().run(self.keep, token)

    def keep(self, token: str) -> None:
        with self.session_transaction() as session:
            session["_user_id"] = token


class KeyClient(Client):
    """A script that sends an X-API-KEY (`None`: none) and JSON."""

    def __init__(self, app: Flask, key: str | None) -> None:
        super().__init__(app, app.response_class, use_cookies=False)
        self.key = key

    def open(self, *args: Any, **kwargs: Any) -> Any:
        headers = dict(kwargs.pop("headers", None) or {})
        if self.key is not None:
            headers.setdefault("X-API-KEY", self.key)
        return super().open(*args, headers=headers, **kwargs)


class Waiting(list[tuple[Any, ...]]):
    """What was enqueued, as (function, *ids); `run()` does it all, like a worker would."""

    def run(self) -> int:
        """Work until nothing waits; how many jobs that were."""
        app, done = current_app._get_current_object(), 0  # type: ignore[attr-defined]
        while self:
            function, *ids = self.pop(0)
            db.session.commit()
            Context().run(self.work, app, function, ids)
            done += 1
        db.session.expire_all()
        return done

    @staticmethod
    def work(app: Flask, function: Any, ids: list[Any]) -> None:
        with app.app_context():
            function(*ids)
