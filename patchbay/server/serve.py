"""What `python main.py` and `patchbay serve` do: help, a check of the configuration, and the server."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from typing import TYPE_CHECKING

import uvicorn

from patchbay.collector import paused_collector
from patchbay.errors import ConfigurationError
from patchbay.server.drain import DrainingServer
from patchbay.server.listening import ListenError, is_loopback, listen
from patchbay.server.logs import configure_logs
from patchbay.server.protocol import DoorProtocol
from patchbay.server.settings import Settings
from patchbay.server.wire import WireLimits
from patchbay.upstreams.declaring import require_well_declared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fastapi import FastAPI

    from patchbay.upstreams import Upstream

GC_THRESHOLD = 100_000
"""How many more objects than before are made until the young ones are looked through."""


def serve(
    make_app: Callable[[Settings], FastAPI],
    upstreams: Sequence[Upstream],
    environment: Mapping[str, str],
    arguments: Sequence[str],
    *,
    program: str = "python main.py",
    more: argparse.ArgumentParser | None = None,
) -> int:
    """Run the server until SIGINT or SIGTERM.

    Args:
        make_app: makes the application from the settings.
        upstreams: their variables are listed by --help.
        environment: normally os.environ.
        arguments: of the command line, without the program's name. They win over the environment.
        program: its name.
        more: options that were read before, for the help.

    Returns:
        The exit code: 0 after a signal, 1 when the port cannot be had, 2 when the configuration is wrong.
    """
    try:
        require_well_declared(upstreams)
        options = parser(upstreams, program, more).parse_args(arguments)
        settings = Settings.read({**environment, **_given(options)})
        configure_logs(settings.log_format, settings.log_level)
        with paused_collector():
            app = make_app(settings)
        if not options.public:
            _require_identity(app, settings)
        server = DrainingServer(_config(app, settings), seconds=settings.drain_seconds)
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(_run(app, server, settings))
    except ConfigurationError as error:
        return _stopped(f"cannot start:\n{error}", 2)
    except ListenError as error:
        return _stopped(str(error), 1)
    return 0


def parser(
    upstreams: Sequence[Upstream], program: str, more: argparse.ArgumentParser | None = None
) -> argparse.ArgumentParser:
    """Of the command, with every setting and every variable of these upstreams in its help."""
    pairs = [(upstream.name, variable) for upstream in upstreams for variable in upstream.variables()]
    width = max((len(variable.name) for _, variable in pairs), default=0)
    lines = [f"  {variable.name:<{width}}  {name}: {variable.purpose}" for name, variable in pairs]
    made = argparse.ArgumentParser(
        prog=program,
        description="Serve this graph: GraphQL and GraphiQL at /graphql, webhooks at /webhooks/{upstream},\n"
        "health at /health/live and /health/ready. All else is set by environment variables.",
        epilog="\n".join(
            ["settings:", *Settings.help_lines(), "", "variables of the upstreams, all needed:", *lines]
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        parents=() if more is None else (more,),
    )
    made.add_argument("--host", metavar="ADDRESS", help="address to listen on, in place of PATCHBAY_HOST")
    made.add_argument("--port", metavar="NUMBER", help="port to listen on, in place of PORT")
    made.add_argument(
        "--public",
        action="store_true",
        help="listen on any address although no client can prove who it is: everyone may ask everything",
    )
    return made


def _given(options: argparse.Namespace) -> dict[str, str]:
    """What options say, as the variables that they stand for."""
    said = {"PATCHBAY_HOST": options.host, "PORT": options.port}
    # An empty variable counts as none.
    empty = [f"--{name}" for name in ("host", "port") if getattr(options, name) == ""]
    if empty:
        raise ConfigurationError(f"{empty[0]} needs a value")
    return {name: value for name, value in said.items() if value is not None}


def _require_identity(app: FastAPI, settings: Settings) -> None:
    """Others than this machine may ask only where it can be told who they are. Raises ConfigurationError."""
    # A graph can configure it in its own code as well.
    if getattr(app.state, "knows_identities", settings.knows_identities) or is_loopback(settings.host):
        return
    raise ConfigurationError(
        f"listening on {settings.host} would let anyone ask anything, as no identity is configured; "
        "set PATCHBAY_API_KEYS or PATCHBAY_JWT_ISSUER, listen on 127.0.0.1, "
        "or say --public if that is what you want"
    )


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    app.state.wire_limits = WireLimits.of(settings)
    return uvicorn.Config(
        app,
        # uvicorn would log a ConfigurationError from the lifespan as a stack; `_run` enters it itself.
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who is believed about addresses is a setting; see patchbay.server.addresses.
        proxy_headers=False,
        http=DoorProtocol,
        ws="websockets-sansio",
        ws_max_size=settings.max_operation_bytes,
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
    through them some ten times while a large one is answered. What the start has made is not looked through
    even once: in a large graph that takes 0.3 s, and finds nothing to give back.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 50)


def _stopped(message: str, exit_code: int) -> int:
    print(f"patchbay: {message}", file=sys.stderr)  # noqa: T201 - the command's own message, before any log
    return exit_code
