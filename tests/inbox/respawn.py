"""A receiver that can be killed and is back at once: `python -m tests.inbox.respawn`.

One process imports everything and holds the listening socket. It writes the port. For each line on stdin,
which is a variant, a tab and a database, it waits for the last child's end, forks a child that serves, and
writes the child's pid. At the end of stdin it ends the last child and itself.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from unittest.mock import patch

import uvicorn

import patchbay.inbox.sqlite as sqlite_store
from patchbay.inbox import Inbox
from patchbay.inbox.database import connect
from tests.inbox.ack_before_commit import AckBeforeCommit, SlowCommit
from tests.inbox.serving import receiver_app
from tests.inbox.vendor import environment


def connect_without_fsync(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    connection = connect(path, read_only=read_only)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def change(variant: str) -> None:
    if variant == "slow commit":
        patch.object(sqlite_store, "Writer", SlowCommit).start()
    elif variant == "ack before commit":
        patch.object(sqlite_store, "Writer", AckBeforeCommit).start()
    elif variant == "no fsync":
        patch.object(sqlite_store, "connect", connect_without_fsync).start()
    else:
        assert variant == "as it is"


def serve(database: Path, variant: str, listener: socket.socket) -> None:
    change(variant)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    app = receiver_app(Inbox(database), environment())
    uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on")).run([listener])


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    child = 0
    for line in sys.stdin:
        variant, database = line.rstrip("\n").split("\t")
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if not child:
            serve(Path(database), variant, listener)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    if child:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
