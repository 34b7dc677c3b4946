"""What children print goes on to our own stdout and stderr, whole lines, unchanged.

Nobody ever waits for a reader: when our stdout is closed or nobody empties the pipe behind it,
lines are dropped and the children go on.
"""

import os
import selectors
from collections.abc import Callable

MOST_WAITING = 1 << 20  # bytes kept for a slow reader before lines are dropped
WHOLE_WRITE = 4096  # what select() promises to take at once without blocking (PIPE_BUF)

Sink = Callable[[bytes], None]


class Outlet:
    """One of our own streams, written only when it is ready."""

    def __init__(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        self.descriptor = descriptor
        self.selector = selector
        self.waiting = bytearray()
        self.closed = False

    def write(self, lines: bytes) -> None:
        if self.closed or len(self.waiting) + len(lines) > MOST_WAITING:
            return
        if not self.waiting:
            self.selector.register(self.descriptor, selectors.EVENT_WRITE, self.flush)
        self.waiting += lines

    def flush(self) -> None:
        try:
            sent = os.write(self.descriptor, self.waiting[:WHOLE_WRITE])
            del self.waiting[:sent]
        except OSError:  # closed by the reader (`| head`), or the terminal is gone
            self.closed = True
            self.waiting.clear()
        if not self.waiting:
            self.selector.unregister(self.descriptor)


class Inlet:
    """The reading end of one child's pipe; hands on whole lines."""

    def __init__(self, descriptor: int, selector: selectors.BaseSelector, sink: Sink) -> None:
        self.descriptor = descriptor
        self.selector = selector
        self.sink = sink
        self.partial = b""
        selector.register(descriptor, selectors.EVENT_READ, self.read)

    def read(self) -> None:
        chunk = os.read(self.descriptor, 65536)
        lines, newline, self.partial = (self.partial + chunk).rpartition(b"\n")
        if lines or newline:
            self.sink(lines + newline)
        if not chunk or len(self.partial) > 65536:
            if self.partial:
                self.sink(self.partial + b"\n")
            self.partial = b""
        if not chunk:
            self.selector.unregister(self.descriptor)
            os.close(self.descriptor)


class Relay:
    """All pipes of the supervisor in one `select`, together with its signals."""

    def __init__(self) -> None:
        # select, not epoll: our stdout may be a plain file, which epoll refuses.
        self.selector = selectors.SelectSelector()
        self.out = Outlet(1, self.selector)
        self.err = Outlet(2, self.selector)

    def read_from(self, descriptor: int, sink: Sink) -> None:
        Inlet(descriptor, self.selector, sink)

    def wake_on(self, descriptor: int) -> None:
        """Each signal writes a byte there (`signal.set_wakeup_fd`)."""
        self.selector.register(descriptor, selectors.EVENT_READ, lambda: os.read(descriptor, 4096))

    def turn(self, patience: float) -> None:
        """Wait up to `patience` seconds for something to happen, then deal with it."""
        for key, _ in self.selector.select(patience):
            key.data()

    @property
    def busy(self) -> bool:
        return bool(self.out.waiting or self.err.waiting)
