"""GraphQL upstreams: each read a document of its own, that asks for what is read and nothing else.

catalog = GraphQL("catalog", url="CATALOG_URL", credentials=Bearer("CATALOG_TOKEN"))
products_by_ids = catalog.batch("productsByIds(ids: [ID!]!)", Product, match="id", max_size=100)
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from msgspec import defstruct

from patchbay.address import parse_address
from patchbay.cached import KeptReads
from patchbay.calls import Call, CallOptions, Reply
from patchbay.environment import Variable
from patchbay.errors import UpstreamUnavailable
from patchbay.upstreams.base import Line
from patchbay.upstreams.declaring import (
    declared_here,
    policy_of,
    usable_credentials,
    variables_of,
    wrong_names,
)
from patchbay.upstreams.graphql_documents import Signature
from patchbay.upstreams.graphql_operations import KeyedRead, Write
from patchbay.upstreams.graphql_reads import keyed_read, list_read, one_operation, one_read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.batch import Batch, FanOut
    from patchbay.cached import Ttl
    from patchbay.cached.changes import Forgets
    from patchbay.calls.credentials import Credentials
    from patchbay.upstreams.base import Runtime
    from patchbay.upstreams.list_reads import ListRead
    from patchbay.upstreams.rest_operations import RowsPage

R = TypeVar("R")

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
}
_CHECK = b'{"query":"{ __typename }"}'


class GraphQL:
    """One GraphQL upstream, over HTTP.

    Args:
        name: in errors, logs and health.
        url: the environment variable that holds its address.
        credentials: sent with every call.
        options: see CallOptions.
    """

    kind = "graphql"

    def __init__(
        self,
        name: str,
        *,
        url: str,
        credentials: Credentials | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        policy, problems = policy_of(options)
        credentials, unknown = usable_credentials(credentials, "open")
        self.name = name
        self._url = url
        self._credentials = credentials
        self._line = Line(name, policy, credentials)
        self._target = "/"
        self._kept = KeptReads(name)
        self.declaration = declared_here([*problems, *unknown, *wrong_names(self.variables)])

    def variables(self) -> Sequence[Variable]:
        """The address and the credentials."""
        return (Variable(self._url, "address of the GraphQL service"), *variables_of(self._credentials))

    async def open(self, runtime: Runtime) -> None:
        """Read the variables and make a client; connects to nothing yet."""
        address = parse_address(runtime.environment.url(self._url))
        self._target = address.target
        self._line.open(address.origin, runtime)
        self._kept.open(runtime.resources, self._line.changed)

    async def close(self) -> None:
        """Close the connections."""
        await self._kept.close()
        await self._line.close()

    def status(self) -> dict[str, Any]:
        """See Upstream."""
        return self._kept.added_to(self._line.status())

    async def check(self) -> None:
        """Any answer but a 5xx to the smallest query counts as reachable. Raises UpstreamError.

        Where calls are made in clients' names alone, nothing is asked.
        """
        if self._line.needs_caller:
            return
        reply = await self.post("__typename", _CHECK, safe=True)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    async def post(self, operation: str, body: bytes, *, safe: bool) -> Reply:
        """Send a request, whatever comes back. Raises UpstreamError."""
        return await self._line.send(Call(operation, "POST", self._target, _HEADERS, body, safe=safe))

    def batch(
        self,
        field: str,
        record: type[R],
        *,
        match: str | tuple[str, ...],
        max_size: int,
        at: str | None = None,
        cache: Ttl | None = None,
    ) -> Batch[R]:
        """A read by key over a field that takes many keys.

        Args:
            field: of the upstream's Query, as its schema has it: "productsByIds(ids: [ID!]!)". The first
                argument takes the keys, further ones are those of the read.
            record: a frozen msgspec struct; the field's value is a list of them, in any order, in which null
                stands for what there is not. Its members, and those of structs inside, are what is asked for.
            match: the record's attribute that holds the key; several for a composite key, which is sent as an
                object with their wire names.
            max_size: keys in one call.
            at: where the list stands inside of the field's value, as "nodes"; None for the value itself.
            cache: for how long records are kept; None keeps none. What is kept are whole records.

        Raises:
            ConfigurationError: the field is none or takes no list, the record lacks `match`, or it has a
                member of which nobody can say what to select, such as a union of structs.
        """
        signature = Signature(self.name, field)
        kept = self._kept.declare(cache, signature.name, record, field, match, at)

        def read_of(type_: type[R]) -> KeyedRead[R]:
            return KeyedRead(self, signature, type_, match, at)

        return keyed_read(self.name, record, read_of, match=match, max_size=max_size, cache=kept)

    def entities(
        self,
        typename: str,
        record: type[R],
        *,
        match: str | tuple[str, ...],
        max_size: int,
        cache: Ttl | None = None,
    ) -> Batch[R]:
        """A read by key over the `_entities` of a subgraph of Apollo Federation.

        Args:
            typename: the entity's type.
            record: a frozen msgspec struct, as for `batch`.
            match: the record's attributes that are the entity's key, or the one that is.
            max_size: keys in one call.
            cache: see `batch`.

        Raises:
            ConfigurationError: see `batch`.
        """
        signature = Signature(self.name, "_entities(representations: [_Any!]!)")
        kept = self._kept.declare(cache, f"{signature.name} {typename}", record, match)

        def read_of(type_: type[R]) -> KeyedRead[R]:
            return KeyedRead(self, signature, type_, match, at=None, typename=typename)

        return keyed_read(self.name, record, read_of, match=match, max_size=max_size, cache=kept)

    def each(
        self,
        field: str,
        record: type[R],
        *,
        at: str | None = None,
        concurrency: int = 8,
        cache: Ttl | None = None,
    ) -> FanOut[R]:
        """A read by key over a field that takes one key: a bounded fan-out.

        Args:
            field: as "product(id: ID!)"; the first arguments are the parts of the key, in its order, and
                further ones those of the read.
            record: a frozen msgspec struct, as for `batch`; null means that there is none.
            at: where it stands inside of the field's value.
            concurrency: calls of one read under way together.
            cache: see `batch`.

        Raises:
            ConfigurationError: the field is none or takes no key; the record: see `batch`.
        """
        signature = Signature(self.name, field)
        signature.require_arguments(1)
        kept = self._kept.declare(cache, signature.name, record, field, at)
        return one_read(
            self,
            signature,
            record,
            value_of=lambda type_: type_,
            at=at,
            concurrency=concurrency,
            cache=kept,
        )

    def page(
        self,
        field: str,
        record: type[R],
        *,
        items: str,
        total: str,
        concurrency: int = 8,
        cache: Ttl | None = None,
    ) -> FanOut[RowsPage[R]]:
        """A read of an offset-paged list, by the key (offset, limit): one call for each different page.

        Args:
            field: as "products(skip: Int!, take: Int!)": the first argument is the offset, the second one the
                limit, further ones are those of the read.
            record: a frozen msgspec struct, as for `batch`.
            items: the member of the field's value that holds the rows, as "nodes".
            total: the member that holds the number of all rows, as "totalCount".
            concurrency: pages of one read under way together.
            cache: see `batch`; a page is kept as a whole.

        Raises:
            ConfigurationError: the field is none or takes no page; the record: see `batch`.
        """
        signature = Signature(self.name, field)
        signature.require_arguments(2)

        def page_of(type_: type[R]) -> Any:
            rows: Any = list[type_]  # type: ignore[valid-type] # a type made at run time
            parts = [("items", rows), ("total", int)]
            return defstruct("Page", parts, rename={"items": items, "total": total}, frozen=True)

        kept = self._kept.declare(cache, signature.name, page_of(record), field)
        return one_read(self, signature, record, value_of=page_of, concurrency=concurrency, cache=kept)

    def list(
        self, field: str, record: type[R], *, at: str | None = None, cache: Ttl | None = None
    ) -> ListRead[R]:
        """A read of a whole list, without a key: `await countries()`.

        Args:
            field: as "countries(continent: String)"; its arguments are given by keyword.
            record: a frozen msgspec struct, as for `batch`.
            at: where the list stands inside of the field's value.
            cache: see `batch`; the list is kept as a whole.

        Raises:
            ConfigurationError: the field is none; the record: see `batch`.
        """
        signature = Signature(self.name, field)
        rows: Any = list[record]  # type: ignore[valid-type] # a type made at run time
        kept = self._kept.declare(cache, signature.name, rows, field, at)
        return list_read(self, signature, record, at=at, cache=kept)

    def write(self, field: str, record: type[R], *, at: str | None = None, forgets: Forgets = ()) -> Write[R]:
        """A call that changes something, made once and never repeated.

        Args:
            field: of the upstream's Mutation, as "changePrice(id: ID!, cents: Int!)"; its arguments are given
                by keyword.
            record: what the field's value is: a frozen msgspec struct, as for `batch`, or a scalar.
            at: where it stands inside of the field's value.
            forgets: what it changes of what reads keep, as `[(products_by_ids, "id")]`: a read, and the
                argument that holds its key; see patchbay.cached.changes.

        Raises:
            ConfigurationError: the field is none; the record: see `batch`.
        """
        signature = Signature(self.name, field)
        return Write(*one_operation(self, signature, record, at, "mutation"), forgets)
