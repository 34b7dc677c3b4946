"""The only way out (hub/http.py): deadline, cap, no redirects, no proxies."""

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from hub.http import Answer, CallFailed, Exit
from tests.ground.raw_server import raw_server, whole

DEADLINE = 0.4


def failing(exit: Exit, url: str) -> tuple[str, float]:
    """(cause, seconds it took)."""
    start = time.monotonic()
    with pytest.raises(CallFailed) as failed:
        exit.call("GET", url)
    return failed.value.cause, time.monotonic() - start


def test_it_reads_an_answer_whole() -> None:
    with raw_server(whole(b'{"a":1}', "418 Teapot", "X-Left: yes")) as server:
        answer = Exit(2).call("POST", server.url + "/x?y=1", headers={"X-Sent": "1"}, data=b"abc")
    assert (answer.status, answer.body, answer.headers["x-left"]) == (418, b'{"a":1}', "yes")
    head = server.requests[0]
    assert head.startswith(b"POST /x?y=1 HTTP/1.1\r\n")
    assert b"X-Sent: 1" in head
    assert head.endswith(b"abc")
    assert b"User-Agent: Hub/1.0" in head


def drip(connection: socket.socket, raw: bytes) -> None:
    for at in range(len(raw)):
        connection.sendall(raw[at : at + 1])
        time.sleep(0.1)


@pytest.mark.parametrize("where", ["silence", "headers", "body", "body without length", "chunks"])
def test_the_deadline_counts_for_the_whole_call(where: str) -> None:
    """Each single read is fast enough: only a total deadline ends these (F13)."""

    def answer(connection: socket.socket, head: bytes) -> None:
        start = {
            "silence": b"",
            "headers": b"HTTP/1.1 200 OK\r\nX-A: ",
            "body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            "body without length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
            "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        }[where]
        connection.sendall(start)
        if where == "silence":
            time.sleep(3)
        drip(connection, b"1\r\na\r\n" * 30 if where == "chunks" else b"x" * 60)

    with raw_server(answer) as server:
        cause, seconds = failing(Exit(DEADLINE), server.url)
    assert cause == "timeout"
    assert DEADLINE * 0.9 < seconds < DEADLINE + 0.6


def test_a_deadline_of_one_call_leaves_the_next_alone() -> None:
    """The watchdog must not shut down a socket that another call has taken over."""

    def answer(connection: socket.socket, head: bytes) -> None:
        for _ in range(20):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            if not connection.recv(65536):
                return

    with raw_server(answer) as server:
        exit = Exit(0.1)
        for _ in range(20):
            assert exit.call("GET", server.url) == Answer(200, b"{}", {"Content-Length": "2"})
            time.sleep(0.03)
    assert len(server.requests) == 1, "one connection was kept and used again"


def test_a_long_answer_is_cut() -> None:
    with raw_server(whole(b"x" * 3_000_000)) as server:
        assert failing(Exit(5), server.url)[0] == "too_long"
        assert len(Exit(5, max_bytes=3_000_000).call("GET", server.url).body) == 3_000_000


def test_an_endless_answer_is_cut() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with raw_server(answer) as server:
        assert failing(Exit(5), server.url)[0] == "too_long"


def test_a_packed_answer_is_unpacked() -> None:
    with raw_server(whole(gzip.compress(b'{"a":1}'), "200 OK", "Content-Encoding: gzip")) as server:
        assert Exit(2).call("GET", server.url).body == b'{"a":1}'


def test_a_bomb_does_not_fill_the_memory() -> None:
    packer = zlib.compressobj(9, wbits=31)
    body = b"".join(packer.compress(b" " * 1_000_000) for _ in range(60)) + packer.flush()
    assert len(body) < 100_000
    with raw_server(whole(body, "200 OK", "Content-Encoding: gzip")) as server:
        tracemalloc.start()
        cause = failing(Exit(5), server.url)[0]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert cause == "too_long"
    assert peak < 15_000_000, f"{peak:,} bytes"


def test_a_broken_packing_is_no_lost_connection() -> None:
    with raw_server(whole(b"not gzip at all", "200 OK", "Content-Encoding: gzip")) as server:
        assert failing(Exit(2), server.url)[0] == "unreadable"


@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    b"nonsense\r\n\r\n",
    b"",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
])  # fmt: skip
def test_a_broken_answer_is_unreachable(raw: bytes) -> None:
    with raw_server(lambda connection, head: connection.sendall(raw)) as server:
        assert failing(Exit(2), server.url)[0] == "unreachable"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert failing(Exit(2), f"http://127.0.0.1:{port}")[0] == "unreachable"


def test_a_redirect_is_an_answer() -> None:
    with raw_server(whole()) as other:
        header = f"Location: {other.url}/inside"
        with raw_server(whole(b"", "302 Found", header)) as server:
            answer = Exit(2).call("GET", server.url)
    assert (answer.status, answer.headers["Location"]) == (302, f"{other.url}/inside")
    assert other.requests == []


def test_proxies_of_the_environment_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(whole(b"proxy")) as proxy, raw_server(whole(b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert Exit(2).call("GET", server.url).body == b"direct"
    assert proxy.requests == []


def test_no_cookie_is_kept() -> None:
    with raw_server(whole(b"{}", "200 OK", "Set-Cookie: a=CANARY; Path=/")) as server:
        exit = Exit(2)
        exit.call("GET", server.url)
        exit.call("GET", server.url)
    assert b"CANARY" not in server.requests[1]


def test_slow_calls_side_by_side_end_each_at_its_own_deadline() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        time.sleep(3)

    took: list[Any] = []
    with raw_server(answer) as server:

        def go(limit: float) -> None:
            took.append((limit, failing(Exit(limit), server.url)))

        threads = [threading.Thread(target=go, args=(0.1 + n * 0.05,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
    assert len(took) == 8
    for limit, (cause, seconds) in took:
        assert cause == "timeout"
        assert limit * 0.9 < seconds < limit + 0.5
