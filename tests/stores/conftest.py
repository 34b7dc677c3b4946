"""What only store tests need."""

import threading
from collections.abc import Generator
from typing import Any

import pytest
from werkzeug.serving import make_server


@pytest.fixture
def served(app: Any, db: Any) -> Generator[str]:
    """The application over a real socket, a thread a request."""
    db.session.commit()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
