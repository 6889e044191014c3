"""REST upstreams: JSON over HTTP.

crm = Rest("crm", base_url="CRM_URL", credentials=ApiKey("CRM_KEY"), quota=PerSecond(50))
customers_by_ids = crm.batch("GET /customers?ids={ids}", Customer, match="id", max_size=100)
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from patchbay.batch import Batch, FanOut
from patchbay.cached import KeptReads
from patchbay.calls import Call, CallOptions, Reply
from patchbay.calls.call import ANEW
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
from patchbay.upstreams.decoding import BodyDecoder
from patchbay.upstreams.idempotency import key_header
from patchbay.upstreams.list_reads import ListRead
from patchbay.upstreams.narrowing import narrowing
from patchbay.upstreams.pushdown import projected
from patchbay.upstreams.rest_lists import ListFetch
from patchbay.upstreams.rest_operations import BatchRead, EachRead, PageRead, RowsPage, Write
from patchbay.upstreams.template import Template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.cached import Ttl
    from patchbay.cached.changes import Forgets
    from patchbay.calls.credentials import Credentials
    from patchbay.upstreams.base import Runtime
    from patchbay.upstreams.pushdown import Fields

R = TypeVar("R")


class Rest:
    """One REST upstream.

    Args:
        name: in errors, logs and health.
        base_url: the environment variable that holds its address.
        credentials: sent with every call.
        options: see CallOptions.
    """

    kind = "rest"

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        credentials: Credentials | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        policy, problems = policy_of(options)
        credentials, unknown = usable_credentials(credentials, "open")
        self.name = name
        self._base_url = base_url
        self._credentials = credentials
        self._line = Line(name, policy, credentials)
        self._kept = KeptReads(name)
        self.declaration = declared_here([*problems, *unknown, *wrong_names(self.variables)])

    def variables(self) -> Sequence[Variable]:
        """The address and the credentials."""
        return (Variable(self._base_url, "address of the REST service"), *variables_of(self._credentials))

    async def open(self, runtime: Runtime) -> None:
        """Read the variables and make a client; connects to nothing yet."""
        self._line.open(runtime.environment.base_url(self._base_url), runtime)
        self._kept.open(runtime.resources, self._line.changed)

    async def close(self) -> None:
        """Close the connections."""
        await self._kept.close()
        await self._line.close()

    def status(self) -> dict[str, Any]:
        """See Upstream."""
        return self._kept.added_to(self._line.status())

    async def check(self) -> None:
        """Any answer but a 5xx to a GET of the base URL counts as reachable. Raises UpstreamError.

        Where calls are made in clients' names alone, nothing is asked.
        """
        if self._line.needs_caller:
            return
        reply = await self.send(Call("GET /", "GET", "/", ANEW))
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UpstreamUnavailable(self.name, f"answered HTTP {reply.status}")

    async def send(self, call: Call) -> Reply:
        """Make one call, whatever comes back. Raises UpstreamError."""
        return await self._line.send(call)

    def batch(
        self,
        operation: str,
        record: type[R],
        *,
        match: str | tuple[str, ...],
        max_size: int,
        at: str | None = None,
        fields: str | Fields | None = None,
        cache: Ttl | None = None,
    ) -> Batch[R]:
        """A read by key over an operation that takes many keys.

        Args:
            operation: with `{ids}` where the keys go, or with `{name}` for each part of a composite key, and
                with the names of further arguments of the read.
            record: a frozen msgspec struct; the answer holds a list of them, in any order.
            match: the record's attribute that holds the key.
            max_size: keys in one call.
            at: where the list stands in the body, as "data"; None for the body itself.
            fields: the query parameter in which the upstream takes the names of the members to answer with,
                as "fields", "$select" or "fields[customers]", or a Fields; None where it takes none.
            cache: for how long records are kept; None keeps none. What is kept are whole records.

        Raises:
            ConfigurationError: the operation has no place for the keys, or the record lacks `match`.
        """
        template = Template(operation)
        key = (match,) if isinstance(match, str) else match
        kept = self._kept.declare(cache, template.operation, record, operation, match, at)

        def make(type_: type[R]) -> Batch[R]:
            read = BatchRead(self, projected(template, fields, type_, at=at), type_, match, at)
            return Batch(
                name=template.operation,
                source=self.name,
                fetch=read.fetch,
                match=match,
                max_size=max_size,
                arguments=read.arguments,
                narrow=narrowing(record, make, key),
                cache=kept,
            )

        return make(record)

    def each(
        self,
        operation: str,
        record: type[R],
        *,
        at: str | None = None,
        concurrency: int = 8,
        fields: str | Fields | None = None,
        cache: Ttl | None = None,
    ) -> FanOut[R]:
        """A read by key over an operation that takes one key: a bounded fan-out.

        Args:
            operation: with one place per part of the key, in the key's order; further arguments of the read
                are named behind them.
            record: a frozen msgspec struct; the answer is one. HTTP 404 and 410 mean that there is none.
            at: where it stands in the body.
            concurrency: calls of one read under way together.
            fields: see `batch`.
            cache: see `batch`.
        """
        template = Template(operation)
        kept = self._kept.declare(cache, template.operation, record, operation, at)

        def make(type_: type[R]) -> FanOut[R]:
            asked = projected(template, fields, type_, at=at)
            return FanOut(
                name=template.operation,
                source=self.name,
                fetch=EachRead(self, asked, BodyDecoder(self.name, type_, at)).fetch,
                concurrency=concurrency,
                places=template.names,
                narrow=narrowing(record, make),
                cache=kept,
            )

        return make(record)

    def page(
        self,
        operation: str,
        record: type[R],
        *,
        items: str,
        total: str,
        concurrency: int = 8,
        fields: str | Fields | None = None,
        cache: Ttl | None = None,
    ) -> FanOut[RowsPage[R]]:
        """A read of an offset-paged list, by the key (offset, limit): one call for each different page.

        Args:
            operation: with `{offset}` and `{limit}`, and the names of further arguments.
            record: a frozen msgspec struct.
            items: where the rows stand in the body, as "data".
            total: where the number of all rows stands, as "meta.total".
            concurrency: pages of one read under way together.
            fields: see `batch`.
            cache: see `batch`; a page is kept as a whole.

        Raises:
            ConfigurationError: the operation has no place for one of the two.
        """
        template = Template(operation)
        page: Any = RowsPage[record]  # type: ignore[valid-type] # a type made at run time
        kept = self._kept.declare(cache, template.operation, page, operation, items, total)

        def make(type_: type[R]) -> FanOut[RowsPage[R]]:
            asked = projected(template, fields, type_, at=items, total=total)
            read = PageRead(self, asked, type_, items, total)
            return FanOut(
                name=template.operation,
                source=self.name,
                fetch=read.fetch,
                concurrency=concurrency,
                places=read.places,
                narrow=narrowing(record, make),
                cache=kept,
            )

        return make(record)

    def list(
        self,
        operation: str,
        record: type[R],
        *,
        at: str | None = None,
        fields: str | Fields | None = None,
        cache: Ttl | None = None,
    ) -> ListRead[R]:
        """A read of a whole list, without a key: `await countries()`.

        Args:
            operation: with the names of the arguments that go into path and query, as in
                "GET /countries?continent={continent}"; they are given by keyword.
            record: a frozen msgspec struct; the answer holds a list of them.
            at: where the list stands in the body, as "data"; None for the body itself.
            fields: see `batch`.
            cache: see `batch`; the list is kept as a whole.
        """
        template = Template(operation)
        whole: Any = list[record]  # type: ignore[valid-type] # a type made at run time
        kept = self._kept.declare(cache, template.operation, whole, operation, at)

        def make(type_: type[R]) -> ListRead[R]:
            rows: Any = list[type_]  # type: ignore[valid-type] # a type made at run time
            asked = projected(template, fields, type_, at=at)
            return ListRead(
                name=template.operation,
                source=self.name,
                fetch=ListFetch(self, asked, BodyDecoder(self.name, rows, at)).fetch,
                arguments=template.names,
                narrow=narrowing(record, make),
                cache=kept,
            )

        return make(record)

    def write(
        self,
        operation: str,
        record: type[R],
        *,
        at: str | None = None,
        idempotency_header: str | None = None,
        forgets: Forgets = (),
    ) -> Write[R]:
        """A call that changes something, made once and never repeated.

        Args:
            operation: with the names of the arguments that go into path and query.
            record: what the answer holds.
            at: where it stands in the body.
            idempotency_header: the header in which the upstream takes an idempotency key, as
                "Idempotency-Key"; None where it honours none.
            forgets: what it changes of what reads keep, as `[(customers_by_ids, "id")]`: a read, and the
                argument that holds its key; see patchbay.cached.changes.

        Raises:
            ConfigurationError: the header cannot hold a key.
        """
        template = Template(operation)
        key_place = key_header(f"{self.name}: {template.operation}", idempotency_header)
        return Write(self, template, BodyDecoder(self.name, record, at), key_place, forgets)
