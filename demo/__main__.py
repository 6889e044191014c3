"""`python -m demo`: the upstreams, Patchbay before them, and webhooks, until Ctrl-C.

`--port` or the environment variable PORT chooses Patchbay's port (8000 otherwise). `--imported` serves what
the upstreams' descriptions say, by `patchbay serve`, in place of the graph that is written by hand.
`--upstreams` starts the upstreams alone and prints their addresses and credentials as `export` lines. Exit
code 0 after Ctrl-C or SIGTERM, 1 when a process does not come up or Patchbay ends by itself.
"""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from demo.banner import IMPORTED_QUERY, QUERY, banner, exports
from demo.launch import Demo
from demo.process import ROOT, StartError, Upstream

HOST: Final = "127.0.0.1"
BY_HAND: Final = ("main.py",)
DESCRIPTIONS: Final = ROOT / "demo" / "descriptions"
DESCRIBED: Final = ("-m", "patchbay", "serve", "--cache", str(ROOT / ".data" / "imports"))
DEFAULT_PORT: Final = "8000"
PORT_MAX: Final = 65_535
LIVE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
SERVER_STOP_SECONDS: Final = 12.0  # longer than the server gives its requests and sockets to end
SHOWCASE_SECONDS: Final = 5.0
DATABASE: Final = "PATCHBAY_DATABASE"
DATABASE_URLS: Final = ("PATCHBAY_DATABASE_URL", "PATCHBAY_DATABASE_URL_FILE")
QUIET: Final = "PATCHBAY_LOG_LEVEL"  # else a line for each webhook would push the query off the screen
ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """The command cannot go on; the message says why."""


def port_number(text: str) -> int:
    """A TCP port."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(PORT_MAX)) else 0
    if not 1 <= port <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {PORT_MAX}")
    return port


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT") or DEFAULT_PORT)
    parser.add_argument("--imported", action="store_true", help="serve the upstreams' descriptions")
    parser.add_argument("--upstreams", action="store_true", help="start the upstreams alone")
    return parser.parse_args(arguments)


def free(port: int) -> None:
    """Ended when the port is taken; asked first, so that no other server is taken for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = error.strerror
            other = "Choose another: PORT=9000 make run, or --port 9000."
            raise Ended(f"Port {port} cannot be used ({reason}). {other}") from error


def alive(port: int) -> bool:
    """Whether GET /health/live answers 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Server:
    """Patchbay as a child; its output is the command's own.

    `imported` is for `patchbay serve` in the folder of the descriptions; else it is `python main.py`.
    """

    def __init__(self, port: int, environment: dict[str, str], *, imported: bool) -> None:
        self._port = port
        command = [sys.executable, "-m", "demo.tied", *(DESCRIBED if imported else BY_HAND)]
        self._process = subprocess.Popen(  # noqa: S603 - one of two commands
            command,
            cwd=DESCRIPTIONS if imported else ROOT,
            env={
                QUIET: "warning",
                **os.environ,
                **environment,
                "PORT": str(port),
                "PYTHONPATH": str(ROOT),
            },
            stdin=subprocess.PIPE,  # never written to: the server ends when this process does
            start_new_session=True,  # Ctrl-C reaches this command alone, which ends its children in order
        )

    def check(self) -> None:
        """Ended when the process has ended by itself; what it said stands above the message."""
        code = self._process.poll()
        if code is not None:
            raise Ended(f"Patchbay ended by itself with exit code {code}.")

    def wait_until_live(self, end: threading.Event) -> None:
        """Returns when the server answers, or when `end` is set; Ended after LIVE_SECONDS."""
        for _ in range(int(LIVE_SECONDS / POLL_SECONDS)):
            self.check()
            if alive(self._port) or end.wait(POLL_SECONDS):
                return
        raise Ended(f"Patchbay did not answer /health/live within {LIVE_SECONDS:g} s.")

    def stop(self) -> None:
        """Ends the process; kills it after SERVER_STOP_SECONDS."""
        self._process.terminate()
        try:
            self._process.wait(SERVER_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def wait_until_told(sender: Upstream, end: threading.Event) -> None:
    """Returns when the query to paste has all its data, when `end` is set, or after SHOWCASE_SECONDS."""
    until = time.monotonic() + SHOWCASE_SECONDS
    while not sender.told() and time.monotonic() < until:
        if end.wait(POLL_SECONDS):
            return


def run(port: int, end: threading.Event, *, imported: bool) -> None:
    """Everything, until `end` is set; Ended when something does not come up or Patchbay ends."""
    free(port)
    # The sender begins its story anew at each start, which an inbox of the last one would know already.
    with Demo() as demo, tempfile.TemporaryDirectory(prefix="patchbay-demo-") as folder:
        if end.is_set():
            return
        database = {DATABASE: os.environ.get(DATABASE) or str(Path(folder) / "inbox.sqlite3")}
        if any(map(os.environ.get, DATABASE_URLS)):
            # A PostgreSQL of the caller's own; the server takes one of the two.
            database = {}
        server = Server(port, {**demo.environment, **database}, imported=imported)
        try:
            server.wait_until_live(end)
            if not end.is_set():
                url = f"http://{HOST}:{port}"
                if not imported:
                    wait_until_told(demo.start_sender(url), end)
                print(banner(url, demo, IMPORTED_QUERY if imported else QUERY), flush=True)
            while not end.wait(POLL_SECONDS):
                server.check()
            demo.stop_senders()
        finally:
            server.stop()


def run_upstreams(end: threading.Event) -> None:
    """The upstreams alone, until `end` is set."""
    with Demo() as demo:
        if not end.is_set():
            print(exports(demo.environment), flush=True)
        end.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; the exit code."""
    chosen = options(arguments)
    end = threading.Event()
    for number in ENDS:
        signal.signal(number, lambda *_: end.set())
    try:
        if chosen.upstreams:
            run_upstreams(end)
        else:
            run(chosen.port, end, imported=chosen.imported)
    except (Ended, StartError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
