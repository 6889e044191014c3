"""REST upstreams: JSON over HTTP.

crm = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY"))
customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx2
import msgspec

from patchbay.batch import Batch, FanOut, Matched, wire_key
from patchbay.calls.pipeline import Call, Limits, Pipeline, Reply, require_success
from patchbay.environment import Variable
from patchbay.errors import UpstreamUnavailable
from patchbay.scope import current_scope
from patchbay.upstreams.decoding import DECODE_ERRORS, BodyDecoder, Nested, RowsDecoder, bad_data
from patchbay.upstreams.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.batch import WireKey
    from patchbay.calls.credentials import Credentials
    from patchbay.upstreams.base import Runtime

R = TypeVar("R")


class Rest:
    """One REST upstream.

    Args:
        name: in errors, logs and health.
        base_url: the environment variable that holds its address.
        credentials: sent with every call.
        limits: what it may take.
    """

    kind = "rest"

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        credentials: Credentials | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.name = name
        self._base_url = base_url
        self._credentials = credentials
        self._limits = limits or Limits()
        self._pipeline: Pipeline | None = None

    def variables(self) -> Sequence[Variable]:
        """The address and the credentials."""
        own = Variable(self._base_url, "address of the REST service")
        return (own, *(self._credentials.variables() if self._credentials else ()))

    async def open(self, runtime: Runtime) -> None:
        """Read the variables and make a client; connects to nothing yet."""
        environment = runtime.environment
        headers = self._credentials.headers(environment) if self._credentials else {}
        self._pipeline = Pipeline(self.name, environment.base_url(self._base_url), headers, self._limits)

    async def close(self) -> None:
        """Close the connections."""
        if self._pipeline is not None:
            await self._pipeline.close()
            self._pipeline = None

    async def check(self) -> None:
        """Any answer but a 5xx to a GET of the base URL counts as reachable. Raises UpstreamError."""
        reply = await self.send(Call("GET /", "GET", "/"))
        if reply.status >= httpx2.codes.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    async def send(self, call: Call) -> Reply:
        """Make one call, whatever comes back. Raises UpstreamError."""
        if self._pipeline is None:
            raise UpstreamUnavailable(self.name, "is not open")
        return await self._pipeline.send(call)

    def batch(
        self,
        operation: str,
        record: type[R],
        *,
        match: str | tuple[str, ...],
        max_size: int,
        at: str | None = None,
    ) -> Batch[R]:
        """A read by key over an operation that takes many keys.

        Args:
            operation: with `{ids}` where the keys go, or with `{name}` for each part of a composite key, and
                with the names of further arguments of the read.
            record: a frozen msgspec struct; the answer holds a list of them, in any order.
            match: the record's attribute that holds the key.
            max_size: keys in one call.
            at: where the list stands in the body, as "data"; None for the body itself.
        """
        read = _BatchRead(self, Template(operation), record, match, at)
        return Batch(
            name=read.template.operation, source=self.name, fetch=read.fetch, match=match, max_size=max_size
        )

    def each(
        self, operation: str, record: type[R], *, at: str | None = None, concurrency: int = 8
    ) -> FanOut[R]:
        """A read by key over an operation that takes one key: a bounded fan-out.

        Args:
            operation: with one place per part of the key, in the key's order; further arguments of the read
                are named behind them.
            record: a frozen msgspec struct; the answer is one. HTTP 404 and 410 mean that there is none.
            at: where it stands in the body.
            concurrency: calls of one read under way together.
        """
        template = Template(operation)
        decoder = BodyDecoder(self.name, record, at)

        async def fetch(key: WireKey, **arguments: Any) -> R | None:
            parts = key if isinstance(key, tuple) else (key,)
            target = template.expand({**dict(zip(template.names, parts, strict=False)), **arguments})
            if target is None:
                return None
            reply = await self.send(Call(template.operation, template.method, target))
            if reply.status in (httpx2.codes.NOT_FOUND, httpx2.codes.GONE):
                return None
            require_success(self.name, reply)
            return decoder.decode(reply.body)

        return FanOut(name=template.operation, source=self.name, fetch=fetch, concurrency=concurrency)

    def page(self, operation: str, record: type[R], *, items: str, total: str) -> PageRead[R]:
        """A read of an offset-paged list.

        Args:
            operation: with `{offset}` and `{limit}`, and the names of further arguments.
            record: a frozen msgspec struct.
            items: where the rows stand in the body, as "data".
            total: where the number of all rows stands, as "meta.total".
        """
        return PageRead(self, Template(operation), record, items, total)

    def write(self, operation: str, record: type[R], *, at: str | None = None) -> Write[R]:
        """A call that changes something, made once and never repeated.

        Args:
            operation: with the names of the arguments that go into path and query.
            record: what the answer holds.
            at: where it stands in the body.
        """
        return Write(self, Template(operation), BodyDecoder(self.name, record, at))


class _BatchRead(Generic[R]):
    """One call of a batch operation, from keys to records."""

    def __init__(
        self, rest: Rest, template: Template, record: type[R], match: str | tuple[str, ...], at: str | None
    ) -> None:
        self.template = template
        self._rest = rest
        self._key_names = (match,) if isinstance(match, str) else match
        self._rows = RowsDecoder(rest.name, record, self._key_names, at)
        self._composite = not isinstance(match, str)

    async def fetch(self, keys: Sequence[WireKey], **arguments: Any) -> Matched[R]:
        """Ask for at most one chunk of keys."""
        keys = [key for key in keys if self._can_be_asked(key)]
        target = self.template.expand({**arguments, **self._key_arguments(keys)}) if keys else None
        if target is None:
            return Matched(())
        reply = await self._rest.send(Call(self.template.operation, self.template.method, target))
        require_success(self._rest.name, reply)
        records, wrong = self._rows.decode(reply.body)
        return Matched(records, {self._key_of(row): error for row, error in wrong})

    def _can_be_asked(self, key: WireKey) -> bool:
        """Whether the key stays itself on the wire; no record can have one that does not."""
        pairs = zip(self._key_names, key, strict=True) if isinstance(key, tuple) else (("ids", key),)
        return all(self.template.can_list(name, part) for name, part in pairs)

    def _key_arguments(self, keys: Sequence[WireKey]) -> dict[str, list[str]]:
        if self._composite:
            columns = zip(*keys, strict=True)
            return {name: list(column) for name, column in zip(self._key_names, columns, strict=True)}
        return {"ids": [str(key) for key in keys]}

    def _key_of(self, row: Any) -> WireKey:
        values = tuple(getattr(row, name) for name in self._key_names)
        return wire_key(values if self._composite else values[0])


class PageRead(Generic[R]):
    """Reads a page of a list: `await read(offset=0, limit=20)`."""

    def __init__(self, rest: Rest, template: Template, record: type[R], items: str, total: str) -> None:
        self.name = template.operation
        self.source = rest.name
        self._rest = rest
        self._template = template
        rows: Any = list[record]  # type: ignore[valid-type]
        self._decoder = Nested({items: rows, total: int})

    async def __call__(self, offset: int, limit: int, **arguments: object) -> RowsPage[R]:
        """The rows from `offset` (counted from 0), at most `limit`. Raises UpstreamError."""
        target = self._template.expand({"offset": offset, "limit": limit, **arguments})
        if target is None:
            return RowsPage([], 0)
        reply = await self._rest.send(Call(self.name, self._template.method, target))
        require_success(self.source, reply)
        try:
            items, total = self._decoder.decode(reply.body)
        except DECODE_ERRORS as error:
            raise bad_data(self.source, error) from error
        return RowsPage(items, total)


class RowsPage(msgspec.Struct, Generic[R], frozen=True):
    """Some rows of a longer list, and the length of that list."""

    items: list[R]
    total: int


class Write(Generic[R]):
    """Changes something: `await write(body, id="C1007")`. What the operation has loaded is forgotten."""

    def __init__(self, rest: Rest, template: Template, decoder: BodyDecoder[R]) -> None:
        self.name = template.operation
        self.source = rest.name
        self._rest = rest
        self._template = template
        self._decoder = decoder

    async def __call__(self, body: msgspec.Struct | None = None, **arguments: object) -> R | None:
        """The answer's record, or None when the upstream does not know what is to be changed (HTTP 404).

        Args:
            body: sent as JSON.
            arguments: for path and query.

        Raises:
            UpstreamError: it may or may not have been carried out; only the upstream knows.
        """
        target = self._template.expand(arguments)
        if target is None:
            return None
        call = Call(
            self.name,
            self._template.method,
            target,
            headers={"Content-Type": "application/json"} if body is not None else None,
            body=None if body is None else msgspec.json.encode(body),
        )
        try:
            reply = await self._rest.send(call)
        finally:
            # Also after a timeout or a broken connection: it may have been carried out.
            current_scope().forget()
        if reply.status == httpx2.codes.NOT_FOUND:
            return None
        require_success(self.source, reply)
        return self._decoder.decode(reply.body)
