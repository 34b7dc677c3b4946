"""A server that answers as a test tells it, byte by byte, on a real socket."""

import re
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

Answerer = Callable[[socket.socket, bytes], None]


def read_request(connection: socket.socket) -> bytes:
    """Head and body, as long as the head says."""
    raw = b""
    while b"\r\n\r\n" not in raw and (part := connection.recv(65536)):
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]) and (part := connection.recv(65536)):
        raw, body = raw + part, body + part
    return raw


class RawServer:
    """`url`, and what each request looked like (its head)."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                head = read_request(connection)
                self.requests.append(head)
                self.answer(connection, head)
            except OSError:
                return


@contextmanager
def raw_server(answer: Answerer) -> Generator[RawServer]:
    server = RawServer(answer)
    try:
        yield server
    finally:
        server.over.set()
        server.socket.close()


def whole(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> Answerer:
    """An ordinary answer."""

    def answer(connection: socket.socket, head: bytes) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *headers,
        ]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return answer
