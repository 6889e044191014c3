"""The command behind `python main.py`: help, a check of the configuration, and the ASGI server."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from patchbay.errors import ConfigurationError
from patchbay.server.logs import configure_logs
from patchbay.server.protocol import DoorProtocol
from patchbay.server.settings import Settings
from patchbay.upstreams.declaring import require_well_declared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI

    from patchbay.upstreams import Upstream

DRAIN_SECONDS = 10
"""How long requests and sockets may take to end after a signal to stop."""

GC_THRESHOLD = 100_000
"""How many more objects than before are made until the young ones are looked through."""

BACKLOG = 2048
"""Connections that may wait to be accepted."""

DOORMEN = 32
"""Connections that are accepted in one turn of the event loop.

libuv accepts one in a turn on each descriptor. A busy loop has few turns, and clients would wait for them in
a queue that nobody sees; so the listening socket has several descriptors.
"""


class ListenError(Exception):
    """The address and port cannot be listened on; the message says why."""


def serve(
    make_app: Callable[[Settings], FastAPI],
    upstreams: Sequence[Upstream],
    environment: Mapping[str, str],
    arguments: Sequence[str],
) -> int:
    """Run the server until SIGINT or SIGTERM.

    Args:
        make_app: makes the application from the settings.
        upstreams: their variables are listed by --help.
        environment: normally os.environ.
        arguments: of the command line, without the program's name.

    Returns:
        The exit code: 0 after a signal, 1 when the port cannot be had, 2 when the configuration is wrong.
    """
    try:
        require_well_declared(upstreams)
        _parser(upstreams).parse_args(arguments)
        settings = Settings.read(environment)
        configure_logs(settings.log_format, settings.log_level)
        app = make_app(settings)
        server = _Server(_config(app, settings))
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(_run(app, server, settings))
    except ConfigurationError as error:
        return _stopped(f"cannot start:\n{error}", 2)
    except ListenError as error:
        return _stopped(str(error), 1)
    return 0


class _Server(uvicorn.Server):
    """uvicorn's, which would wait for SSE streams until its patience ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the subscriptions, each with its `complete`; then drain what is left."""
        self.config.app.state.end_subscriptions()  # type: ignore[union-attr] # it is the FastAPI that _config gave it
        await super().shutdown(sockets)


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # uvicorn would log a ConfigurationError from the lifespan as a stack; `_run` enters it itself.
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing here asks for the client's address.
        proxy_headers=False,
        http=DoorProtocol,
        ws="websockets-sansio",
        ws_max_size=settings.max_request_bytes,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


async def _run(app: FastAPI, server: uvicorn.Server, settings: Settings) -> None:
    # uvicorn listens to signals only while it serves, and raises them again when it has drained. These
    # handlers cover the time before, and keep the second signal from ending the process with an open inbox.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    listeners = listen(settings)
    async with app.router.lifespan_context(app):
        _settle_garbage_collector()
        await server.serve(sockets=listeners)


def _settle_garbage_collector() -> None:
    """Look for cycles less often, and not in what was made at the start.

    A request makes thousands of objects that go by themselves when it ends; the collector's defaults look
    through them some ten times while a large one is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 50)


def listen(settings: Settings, doormen: int = DOORMEN) -> list[socket.socket]:
    """The listening socket, under so many descriptors.

    Bound here because uvicorn ends the process where the port is taken.

    Raises:
        ListenError: it is.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        message = f"cannot listen on {settings.host} port {settings.port}: {reason}; PORT chooses another"
        raise ListenError(message) from error
    return [listener, *(listener.dup() for _ in range(doormen - 1))]


def _stopped(message: str, exit_code: int) -> int:
    print(f"patchbay: {message}", file=sys.stderr)  # noqa: T201 - the command's own message, before any log
    return exit_code


def _parser(upstreams: Sequence[Upstream]) -> argparse.ArgumentParser:
    pairs = [(upstream.name, variable) for upstream in upstreams for variable in upstream.variables()]
    width = max((len(variable.name) for _, variable in pairs), default=0)
    lines = [f"  {variable.name:<{width}}  {name}: {variable.purpose}" for name, variable in pairs]
    return argparse.ArgumentParser(
        prog="python main.py",
        description="Serve this graph: GraphQL and GraphiQL at /graphql, webhooks at /webhooks/{upstream},\n"
        "health at /health/live and /health/ready. Everything is set by environment variables.",
        epilog="\n".join(
            ["settings:", *Settings.help_lines(), "", "variables of the upstreams, all needed:", *lines]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
