"""From what a client asks to what it is told, whatever the transport.

    identify   who asks
    admit      whether the operation may run: its document, its limits, its schema, its cost
    run        one result of a query or a mutation
    results    the results of any operation, as streams tell them

Each step that refuses raises Refusal, which every transport tells its own way. Cheap checks come first, and
nothing is asked of an upstream before the last of them.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues
from starlette.requests import Request
from strawberry.types.graphql import OperationType

from patchbay.access.limits.checks import check_values
from patchbay.access.proofs.authenticator import Authenticator
from patchbay.caller import ANONYMOUS, Caller
from patchbay.errors import PatchbayError
from patchbay.scope import Scope as OperationScope
from patchbay.scope import current_scope
from patchbay.server.addresses import TrustedProxies, address_of, site_of
from patchbay.server.admitted import Admitted
from patchbay.server.answer import BUSY_CODE, BUSY_MESSAGE, RequestContext
from patchbay.server.audience import Audience, SchemaHidden
from patchbay.server.client_errors import client_error
from patchbay.server.documents import AMBIGUOUS, DocumentReader
from patchbay.server.flights import Flights
from patchbay.server.guards import costs_of, documents_of, limits_of
from patchbay.server.operation_log import OperationLog, is_logged
from patchbay.server.operations import Operations
from patchbay.server.operations import Request as OperationRequest
from patchbay.server.rates import RateLimited, RateLimits
from patchbay.server.refusals import Refusal, refused, refused_document, refused_for
from patchbay.server.results import Result, payload_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from graphql import ExecutionResult
    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Scope

    from patchbay.server.documents import Document
    from patchbay.server.door import Door
    from patchbay.server.operations import Operation
    from patchbay.server.schema import GraphSchema
    from patchbay.server.settings import Settings
    from patchbay.server.transports.asked import Asked


class Service:
    """Admits and runs the operations of one graph.

    Args:
        schema: the graph.
        settings: the server's.
        door: counts operations.
        authenticator: knows clients; opened and closed by who made it. Everybody is nobody without it.

    Attributes:
        flights: queries under way that others may join; None where nothing is shared.

    Raises:
        ConfigurationError: the settings do not go together, or trusted documents cannot be read.
    """

    def __init__(
        self,
        schema: GraphSchema,
        settings: Settings,
        door: Door,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.schema = schema
        self.settings = settings
        self.door = door
        self.operations = Operations(schema.cache_policies, schema.cost_model)
        self._authenticator = authenticator or Authenticator()
        self._limits = limits_of(settings)
        self._reader = DocumentReader(self._limits)
        self._rates = RateLimits.of(settings)
        self._proxies = TrustedProxies(settings.trusted_proxies)
        knows = self._authenticator.knows_identities
        self._introspection = Audience.of(settings.introspection, knows_identities=knows)
        self.explorers = Audience.of(settings.graphiql, knows_identities=knows)
        self._costs = costs_of(settings)
        self._documents = documents_of(settings, schema.graphql_schema, self._reader)
        self._constant = {"operation_deadline_seconds": settings.operation_deadline_seconds}
        self._kept: set[asyncio.Task[Any]] = set()
        self.flights = Flights() if settings.single_flight else None

    async def identify(
        self,
        headers: Sequence[tuple[bytes, bytes]],
        proof: Mapping[str, Any] | None = None,
        *,
        address: str,
    ) -> Caller:
        """Who asks. A proof that is wrong counts as an operation of its address: each costs as much.

        Args:
            headers: ASGI's.
            proof: the payload of a WebSocket's connection_init.
            address: from where.

        Raises:
            Refusal: 429, the address asks too often; 401, the proof is wrong, or missing where one is needed.
        """
        try:
            identity = await self._authenticator.identify(headers, proof)
        except PatchbayError as error:
            self.count(ANONYMOUS, address)
            raise refused_for(error) from error
        # Part of every key of what is shared: two sockets with the same headers can be two clients.
        told = None if proof is None else " ".join((identity.key, *sorted(identity.scopes)))
        return Caller(headers, identity, told)

    def known(self, headers: Sequence[tuple[bytes, bytes]]) -> Caller | None:
        """Who asks, where that can be said without waiting."""
        identity = self._authenticator.known(headers)
        return None if identity is None else Caller(headers, identity)

    def address(self, scope: Scope) -> str:
        """Where a request or a socket comes from."""
        return address_of(scope, self._proxies)

    async def admit(self, asked: Asked, caller: Caller, *, address: str) -> Admitted:
        """The operation, if it may run now. Raises Refusal."""
        if self.door.refuses():
            raise refused(503, BUSY_MESSAGE, code=BUSY_CODE, headers=((b"retry-after", b"1"),))
        self.count(caller, address)
        return self.admit_inside(asked, caller, address=address)

    def count(self, caller: Caller, address: str) -> None:
        """Count one operation of a client. Raises Refusal 429, it asks too often."""
        try:
            self._rates.check(caller.identity.key, address)
        except RateLimited as error:
            told = refused_for(error)
            _log_refusal(told, caller)
            raise told from error

    def admit_inside(self, asked: Asked, caller: Caller, *, address: str, is_safe: bool = False) -> Admitted:
        """As `admit`, of a request that has passed the door and was counted. Raises Refusal.

        Args:
            asked: what the client sent.
            caller: who asks.
            address: from where.
            is_safe: whether it came by a method that changes nothing, such as GET.
        """
        try:
            key = caller.identity.key or site_of(address)
            return self._admitted(asked, caller, key, is_safe=is_safe)
        except PatchbayError as error:
            told = refused_for(error)
            _log_refusal(told, caller)
            raise told from error
        except Refusal as told:
            _log_refusal(told, caller)
            raise

    def _admitted(self, asked: Asked, caller: Caller, key: str, *, is_safe: bool) -> Admitted:
        text = self._documents.text_of(asked.query, asked.document_id, asked.extensions)
        if text is None:
            raise refused(400, "the request holds no document: send it as 'query'")
        may_introspect = self._introspection.admits(caller.identity)
        suggest = may_introspect if self.settings.suggestions is None else self.settings.suggestions
        document = self._reader.read(text)
        node = document.operation(asked.operation_name)
        if is_safe and node is not None and node.operation.value == OperationType.MUTATION.value:
            raise refused(405, "mutations are sent by POST", headers=((b"allow", b"POST"),))
        errors = document.errors(self.schema.graphql_schema, suggest=suggest)
        if errors:
            self._refuse_document(errors)
        operation = self._operation(document, asked.operation_name)
        if operation.asks_for_schema and not may_introspect:
            raise SchemaHidden
        check_values(asked.variables, self._limits)
        values = self.operations.values(operation, asked.variables, suggest=suggest)
        if not isinstance(values, VariableValues):
            raise refused_document(values)
        charge = self._costs.admit(operation.cost, values.coerced, key)
        self._documents.keep(asked.query, asked.document_id, asked.extensions)
        asked.query = text
        return Admitted(asked, caller, document, operation, values, charge)

    def _refuse_document(self, errors: Sequence[GraphQLError]) -> None:
        cause = errors[0].original_error
        if isinstance(cause, PatchbayError):
            raise cause
        raise refused_document([client_error(error, executed=False) for error in errors])

    def _operation(self, document: Document, name: str | None) -> Operation:
        operation = self.operations.prepare(document, name)
        if operation is not None:
            return operation
        if name is not None:
            raise refused(400, "the document holds no operation of this name", is_graphql=True)
        if document.operations:
            raise refused(400, AMBIGUOUS, is_graphql=True)
        raise refused(400, "the document holds no operation, only fragments", is_graphql=True)

    async def run(
        self,
        admitted: Admitted,
        context: RequestContext,
        while_waiting: AbstractContextManager[object] | None = None,
    ) -> Result:
        """One result of a query or a mutation; what is asked for later comes with the rest.

        Cancelling ends a query. A mutation goes on to its end.

        Args:
            admitted: the operation.
            context: for resolvers.
            while_waiting: entered where the operation has to wait for something.
        """
        result = await self.execute(admitted, context, while_waiting)
        return Result(payload_of(result))

    async def execute(
        self,
        admitted: Admitted,
        context: RequestContext,
        while_waiting: AbstractContextManager[object] | None = None,
    ) -> ExecutionResult:
        """As `run`; the result as graphql-core shapes it, with errors as clients may see them."""
        self.door.enter()
        try:
            if admitted.type is OperationType.MUTATION:
                # What was sent to upstreams cannot be unsent.
                return await asyncio.shield(self._to_its_end(admitted, context))
            return await self._execute(admitted, context, while_waiting)
        finally:
            self.door.leave()

    def _to_its_end(self, admitted: Admitted, context: RequestContext) -> asyncio.Task[ExecutionResult]:
        task = asyncio.create_task(self._execute(admitted, context, None))
        # The event loop itself does not hold its tasks.
        self._kept.add(task)
        task.add_done_callback(self._has_written)
        return task

    def _has_written(self, task: asyncio.Task[ExecutionResult]) -> None:
        self._kept.discard(task)
        if self.flights is not None:
            # What was asked before it ended may not answer what is asked after it.
            self.flights.close_all()

    def is_busy(self) -> bool:
        """Whether mutations run that nobody may wait for any more."""
        return bool(self._kept)

    async def _execute(
        self,
        admitted: Admitted,
        context: RequestContext,
        while_waiting: AbstractContextManager[object] | None,
    ) -> ExecutionResult:
        asked = admitted.asked
        result: Any
        if self.schema.has_extensions:
            context.document = admitted.document
            result = await self.schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                operation_extensions=asked.extensions,
            )
        else:
            request = OperationRequest(
                admitted.values,
                context,
                extensions=asked.extensions,
                caller=admitted.caller,
                while_waiting=while_waiting,
            )
            result = await self.operations.run(admitted.operation, request)
        if self._costs.tells(admitted.caller):
            cost = admitted.charge.settle(result.data, current_scope())
            result.extensions = {**(result.extensions or {}), "cost": cost}
        executed: ExecutionResult = result
        return executed

    async def results(self, admitted: Admitted, context: RequestContext) -> AsyncIterator[Result]:
        """The results of any operation, one or more.

        Cancelling ends a query or a subscription at once; a mutation goes on. What goes wrong is told in a
        result.
        """
        if not admitted.streams or admitted.type is OperationType.MUTATION:
            yield await self.run(admitted, context)
            return
        is_counted = admitted.type is OperationType.QUERY
        if is_counted:
            self.door.enter()
        try:
            async with aclosing(self._stream(admitted, context)) as results:
                async for result in results:
                    yield result
        finally:
            if is_counted:
                self.door.leave()

    async def _stream(self, admitted: Admitted, context: RequestContext) -> AsyncGenerator[Result]:
        asked = admitted.asked
        context.document = admitted.document
        # Its results are told while the operation's scope is that of this task.
        stream: Any = await self.schema.stream(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )
        try:
            async for result in stream:
                yield Result(payload_of(result), current_scope().cursor)
        finally:
            await stream.aclose()

    def context(
        self, connection: HTTPConnection, caller: Caller, *, last_event_id: str | None = None
    ) -> RequestContext:
        """What resolvers are given: `request`, `response`, `background_tasks`, and the caller."""
        receive = connection.receive if isinstance(connection, Request) else _nothing
        context = self.context_of(connection.scope, receive, caller)
        context.last_event_id = last_event_id
        return context

    def context_of(self, scope: Scope, receive: Receive, caller: Caller) -> RequestContext:
        """As `context`, where nobody has made a connection of the ASGI scope yet."""
        context = RequestContext(self._constant, scope, receive)
        context.caller = caller
        return context


async def _nothing() -> Any:
    """What a socket's resolvers receive: its messages are not theirs."""
    return {"type": "http.disconnect"}


def _log_refusal(told: Refusal, caller: Caller) -> None:
    """One line, as of an operation that ran."""
    if is_logged():
        log = OperationLog()
        log.note_errors([GraphQLError("", extensions=error.get("extensions")) for error in told.errors])
        log.write(OperationScope(caller), name=None, type_=None, outcome="refused")
