"""Runs a service: binds 127.0.0.1, says where on stdout in one JSON line, and ends quietly.

It ends when its standard input does, so that it never outlives the process that started it, and on SIGTERM or
SIGINT.
"""

import argparse
import logging
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from demo import stdin

HOST: Final = "127.0.0.1"
GRACE_SECONDS: Final = 1


class Protocol(HttpToolsProtocol):
    """uvicorn's own, with the transport in the scope, for the fault that cuts the connection."""

    def on_message_begin(self) -> None:
        """Begins a request."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["demo.transport"] = self.transport


class Server(uvicorn.Server):
    """uvicorn's own, which says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to accept connections."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops; calls that hang on purpose are cut off without a word."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        await super().shutdown(sockets)


def parser(name: str) -> argparse.ArgumentParser:
    """The options every service has."""
    options = argparse.ArgumentParser(prog=f"python -m demo.{name}")
    options.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1; a free one without this option"
    )
    return options


def serve(name: str, app: ASGIApp, port: int) -> None:
    """Serves `app` until it is told to end; one sentence and exit code 1 when it cannot."""
    if stdin.at_end():
        raise SystemExit(
            f"{name}: standard input is at its end already, and this process ends with it. "
            "Start it in a terminal, or keep its standard input open."
        )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # uvicorn raises a signal anew after its shutdown
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        raise SystemExit(f"{name}: port {port} cannot be used: {error.strerror}.") from None
    url = f"http://{HOST}:{listener.getsockname()[1]}"

    def ready() -> None:
        sys.stdout.write(msgspec.json.encode({"service": name, "url": url}).decode() + "\n")
        sys.stdout.flush()

    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="uvloop",
        ws="none",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(config, ready)
    stdin.when_stdin_ends(lambda: setattr(server, "should_exit", True))
    server.run([listener])


def main(name: str, build: Callable[[], ASGIApp], arguments: Sequence[str] | None = None) -> None:
    """The whole of a service that has no options of its own."""
    serve(name, build(), parser(name).parse_args(arguments).port)
