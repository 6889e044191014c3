"""The application: routes over a graph and its upstreams, which are opened when it starts."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from patchbay import __version__
from patchbay.calls import Resources
from patchbay.calls.redis import RedisLink
from patchbay.checks import check_graph
from patchbay.environment import Environment, Secret
from patchbay.errors import ConfigurationError
from patchbay.inbox import Inbox
from patchbay.server.door import Door
from patchbay.server.fast_path import FastPath
from patchbay.server.graphiql import graphiql_page, graphiql_router
from patchbay.server.graphql import GraphQLEndpoint, refusal
from patchbay.server.health import Readiness, health_router
from patchbay.server.operators import operator_router
from patchbay.server.reactions import reactions_health_router, reactions_router
from patchbay.server.webhooks import webhook_router
from patchbay.upstreams import Runtime, Webhook
from patchbay.upstreams.declaring import require_well_declared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from patchbay.reactions import Reaction
    from patchbay.server.graphiql import Example
    from patchbay.server.schema import GraphSchema
    from patchbay.server.settings import Settings
    from patchbay.upstreams import Upstream

GRAPHQL_PATH = "/graphql"

_log = structlog.get_logger("patchbay.server")


class GraphApp(FastAPI):
    """FastAPI's application, with a way in front of it."""

    _direct: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await (self._direct or self.serve_routed)(scope, receive, send)

    async def serve_routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What the routes make of it, middleware included."""
        await super().__call__(scope, receive, send)

    def serve_directly(self, direct: ASGIApp) -> None:
        """Ask this first; it hands on what it does not take."""
        self._direct = direct


def create_app(
    *,
    upstreams: Sequence[Upstream],
    schema: GraphSchema,
    settings: Settings,
    environment: Mapping[str, str],
    reactions: Sequence[Reaction[Any]] = (),
    title: str = "Patchbay",
    examples: Sequence[Example] = (),
) -> GraphApp:
    """The ASGI application of a graph.

    Args:
        upstreams: what the graph's resolvers read from; opened in the application's lifespan.
        schema: the graph.
        settings: the server's settings.
        environment: where upstreams read their variables, normally os.environ.
        reactions: what webhooks' events set off.
        title: GraphiQL's.
        examples: what GraphiQL opens with.

    Raises:
        ConfigurationError: upstreams are declared wrongly, or variables are missing; all are named.
    """
    require_well_declared(upstreams)
    _require_variables(upstreams, Environment(environment))
    webhooks = {upstream.name: upstream for upstream in upstreams if isinstance(upstream, Webhook)}
    inbox = Inbox(settings.location, options=settings.inbox_options)
    inbox.react(reactions, {name: webhook.signs_id for name, webhook in webhooks.items()})

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        _make_folder(settings)
        await inbox.open()
        resources = _resources(settings)
        runtime = Runtime(Environment(environment), inbox, resources)
        try:
            await asyncio.gather(*(upstream.open(runtime) for upstream in upstreams))
            inbox.start_reacting()
            _log.info(
                "started",
                version=__version__,
                url=f"http://{settings.host}:{settings.port}{GRAPHQL_PATH}",
                upstreams=[upstream.name for upstream in upstreams],
            )
            yield
        finally:
            await inbox.stop_reacting()
            await asyncio.gather(*(upstream.close() for upstream in upstreams))
            if resources.redis is not None:
                await resources.redis.close()
            await inbox.close()
            _log.info("stopped")

    check_graph(schema, [upstream.name for upstream in upstreams])
    app = GraphApp(
        title=title,
        version=__version__,
        lifespan=lifespan,
        max_body_size=settings.max_request_bytes,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    page = (
        graphiql_page(graphql_path=GRAPHQL_PATH, title=title, examples=examples)
        if settings.graphiql
        else None
    )
    door = Door(settings.max_operations, adapts=settings.load_shedding)
    app.include_router(GraphQLEndpoint(schema, settings, door, path=GRAPHQL_PATH, page=page))
    if settings.graphiql:
        app.include_router(graphiql_router())
        app.add_route("/", _to_graphql)
    app.include_router(webhook_router(webhooks, inbox))
    app.include_router(health_router(Readiness(upstreams, inbox)))
    if settings.operator_token is not None:
        token = Secret(settings.operator_token.get_secret_value(), "PATCHBAY_OPERATOR_TOKEN")
        app.include_router(operator_router(inbox, token))
        app.include_router(reactions_router(inbox.reactions, token))
    app.include_router(reactions_health_router(inbox.reactions))
    app.add_exception_handler(HTTPException, _refused)
    app.serve_directly(FastPath(app.serve_routed, schema.operations, settings, door, path=GRAPHQL_PATH))
    # For the server, which refuses operations before they get here, and ends what would keep it from ending.
    app.state.door, app.state.graphql_path = door, GRAPHQL_PATH
    app.state.end_subscriptions = inbox.end_subscriptions
    return app


def _require_variables(upstreams: Sequence[Upstream], environment: Environment) -> None:
    environment.require(
        (f"{upstream.name}, {upstream.declaration.at}", variable)
        for upstream in upstreams
        for variable in upstream.variables()
    )


def _resources(settings: Settings) -> Resources:
    """What the upstreams' pipelines share. A Redis that is away is fine."""
    url = settings.redis_url
    link = None
    if url is not None:
        try:
            link = RedisLink(Secret(url.get_secret_value(), "PATCHBAY_REDIS_URL"))
        except ValueError as error:
            # The error's own text quotes the address.
            raise ConfigurationError("PATCHBAY_REDIS_URL cannot be understood") from error
    return Resources(link, single_flight=settings.single_flight, replicas=settings.replicas)


def _make_folder(settings: Settings) -> None:
    if settings.database_url is not None:
        return
    try:
        settings.database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"PATCHBAY_DATABASE: cannot make the folder {settings.database.parent}: {error.strerror}"
        raise ConfigurationError(message) from error


async def _to_graphql(request: Request) -> Response:
    del request
    return RedirectResponse(GRAPHQL_PATH)


async def _refused(request: Request, error: Exception) -> Response:
    """What no route has answered: an unknown path, a method that is not served, a body over the cap."""
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - the only type it is registered for
    return refusal(error.status_code, error.detail, headers=error.headers)
