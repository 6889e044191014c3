"""A PostgreSQL of the test's own: a process on a free port of 127.0.0.1, its files in a temporary folder.

`with PostgresServer() as postgres:` starts it; `postgres.new_url()` is a fresh, empty database in it, and
there are `postgres.kill()` and `postgres.start()`. As root it runs as the user `postgres`: it refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

START_SECONDS = 30.0
PASSWORD = "made-up-password"
_DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """Where it is: Debian keeps it off PATH."""
    newest = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda each: int(each.parts[-3]), reverse=True)
    return shutil.which(name) or (str(newest[0]) if newest else None)


class PostgresServer:
    """Debian's postgresql, with fsync as in production. The test is skipped where the program is missing."""

    def __init__(self) -> None:
        initdb, postgres = program("initdb"), program("postgres")
        if initdb is None or postgres is None:
            pytest.skip("postgresql is not installed")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._folder = tempfile.TemporaryDirectory(prefix="patchbay-postgres-")
        user = _user()
        self._as: list[str] = []
        if user is not None:
            os.chown(self._folder.name, user.pw_uid, user.pw_gid)
            self._as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._environment = {"PATH": os.environ["PATH"], "HOME": self._folder.name, "LC_ALL": "C"}
        data = f"{self._folder.name}/data"
        secret = Path(self._folder.name, "password")
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        make = [
            initdb, "-D", data, "-U", "patchbay", "-A", "scram-sha-256", "--pwfile", str(secret),
            "-E", "UTF8", "--locale", "C", "--no-sync",
        ]  # fmt: skip
        subprocess.run(
            [*self._as, *make],
            cwd=self._folder.name,
            env=self._environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        self._command = [
            postgres, "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
            "-c", f"unix_socket_directories={self._folder.name}", "-c", "max_connections=100",
        ]  # fmt: skip
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None

    def processes(self) -> list[int]:
        """Ids: the server's, and those of its sessions and helpers, which are processes of their own."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def log_files(self) -> list[str]:
        """Where each commit is written to first."""
        return [str(each) for each in Path(self._folder.name, "data", "pg_wal").iterdir() if each.is_file()]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://patchbay:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def new_url(self) -> str:
        """Of a new, empty database."""
        name = f"inbox_{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._folder.cleanup()

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen(
            [*self._as, *self._command],
            cwd=self._folder.name,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, "postgres did not start"
            assert time.monotonic() < end, "postgres takes too long to start"
            time.sleep(0.02)

    def kill(self) -> None:
        """At once, with all its sessions: as when the machine goes away. What was committed is kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """It answers nobody until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It answers again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for each in self.processes():
            os.kill(each, number)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(), connect_timeout=2):
                return True
        except psycopg.Error:
            return False


def _user() -> pwd.struct_passwd | None:
    """Whom it runs as; None for the user of the test."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("postgresql refuses root, and there is no user postgres")
