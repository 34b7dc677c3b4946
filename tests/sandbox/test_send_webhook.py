import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


@pytest.fixture
def receiver():
    """(address, list of (headers, body)) of a server that answers 200."""
    got = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/tiktok", got
    server.shutdown()
    server.server_close()


def test_it_tells_of_a_removed_authorization_twice_and_signed(sandbox, receiver):
    url, got = receiver
    pair = sandbox.grant("toko_satu")
    order = {"url": url, "handle": "toko_satu", "reason": 4, "times": 2}
    answer = sandbox.web.post("/_world/webhook", json=order).json
    assert answer["sent"] == [{"status": 200}, {"status": 200}]
    assert len(got) == 2
    headers, raw = got[0]
    event = json.loads(raw)
    assert event["event"] == "authorization.removed"
    assert event["user_openid"] == pair["open_id"]
    assert json.loads(event["content"]) == {"reason": 4}
    stamp, seal = (part[2:] for part in headers["TikTok-Signature"].split(","))
    key = sandbox.box.settings.client_secret.encode()
    assert seal == hmac.new(key, stamp.encode() + b"." + raw, "sha256").hexdigest()
    assert sandbox.user_info(pair["access_token"]).status_code == 401


def test_it_can_sign_badly(sandbox, receiver):
    url, got = receiver
    for change in ({"secret": "wrong"}, {"age": 4000}, {}):
        order = {"url": url, "handle": "toko_satu", **change}
        assert sandbox.web.post("/_world/webhook", json=order).status_code == 200
    seals = [headers["TikTok-Signature"].split(",") for headers, _ in got]
    assert int(seals[2][0][2:]) - int(seals[1][0][2:]) in (4000, 4001)
    assert seals[0][1] != seals[2][1]


def test_it_says_when_nobody_listens(sandbox):
    order = {"url": "http://127.0.0.1:9/", "handle": "toko_satu"}
    (sent,) = sandbox.web.post("/_world/webhook", json=order).json["sent"]
    assert sent["status"] is None


@pytest.mark.parametrize(
    "order", [{}, {"handle": "a"}, {"handle": "a", "url": "file:///etc"},
              {"handle": "a", "url": "http://127.0.0.1:9/", "reason": 6}],
)  # fmt: skip
def test_it_refuses_nonsense(sandbox, order):
    assert sandbox.web.post("/_world/webhook", json=order).status_code == 400
