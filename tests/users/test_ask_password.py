"""/forgot: the same answer whether or not there is an account; mail only where there is one."""

import socketserver
import threading
from collections.abc import Generator
from email import message_from_string
from typing import Any

import pytest
from sqlalchemy import select

from hub.users.models import InviteLink
from tests.people import ANA, BUDI, add_person


class Letterbox(socketserver.StreamRequestHandler):
    """As much SMTP as smtplib speaks; keeps each mail's text."""

    def handle(self) -> None:
        self.wfile.write(b"220 box\r\n")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(lines).decode())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 ok\r\n")
            if line == b"QUIT":
                return


@pytest.fixture
def mails(app: Any) -> Generator[list[str]]:
    with socketserver.TCPServer(("127.0.0.1", 0), Letterbox) as server:
        server.mails = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        app.extensions["settings"].mail_url = f"smtp://127.0.0.1:{server.server_address[1]}"
        yield server.mails  # type: ignore[attr-defined]
        server.shutdown()


def ask(browser: Any, email: str) -> Any:
    return browser.post("/forgot", data={"email": email})


def test_it_says_who_can_help_where_no_mail_is_sent(as_: Any, db: Any) -> None:
    add_person(ANA)
    page = as_(None).get("/forgot")
    assert page.status_code == 200
    assert "An admin can make a link" in page.text
    assert ask(as_(None), ANA.email).text.count("An admin can make a link") == 1
    assert db.session.scalars(select(InviteLink)).all() == []


def test_it_mails_a_link_that_works(as_: Any, mails: list[str]) -> None:
    add_person(ANA)
    assert ask(as_(None), ANA.email).status_code == 200
    mail = message_from_string(mails[0])
    assert mail["To"] == ANA.email
    body = mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
    link = next(line for line in body.splitlines() if line.startswith("http://localhost/i/"))
    assert ANA.email in as_(None).get(link.removeprefix("http://localhost")).text


def test_it_answers_the_same_for_anybody(as_: Any, mails: list[str]) -> None:
    add_person(ANA)
    add_person(BUDI).active = False
    emails = (ANA.email, "nobody@hub.test", BUDI.email)
    pages = [ask(as_(None), email).text.split("<main")[1] for email in emails]
    assert len(set(pages)) == 1
    assert len(mails) == 1


def test_it_asks_for_an_address(as_: Any, mails: list[str]) -> None:
    assert ask(as_(None), "").status_code == 422
    assert mails == []


def test_it_stops_who_asks_too_often(as_: Any, app: Any, mails: list[str]) -> None:
    app.extensions["settings"].login_rate_limit = "5/15 minutes"
    seen = [ask(as_(None), f"p{n}@hub.test").status_code for n in range(6)]
    assert seen == [200] * 5 + [429]


def test_it_survives_a_mail_server_that_is_away(as_: Any, app: Any) -> None:
    add_person(ANA)
    app.extensions["settings"].mail_url = "smtp://127.0.0.1:9"
    assert ask(as_(None), ANA.email).status_code == 200
