"""A small shop as a model, and an upstream that answers from memory, through the bytes of JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from patchbay.batch import Batch, FanOut, Matched
from patchbay.importing.build.rows import ref_at
from patchbay.importing.model import (
    Argument,
    Batching,
    BodyKind,
    EnumType,
    EnumValue,
    Field,
    ListOf,
    MapOf,
    Member,
    Model,
    Named,
    ObjectType,
    Operation,
    Paging,
    PagingStyle,
    Place,
    RestCall,
    Result,
    TypeRef,
    UnionType,
)
from patchbay.importing.runtime import PageOf, RecordTypes
from patchbay.upstreams.declaring import declared_here

STRING, INT, ID = Named("String"), Named("Int"), Named("ID")


def field(name: str, type_: TypeRef | str, **more: Any) -> Field:
    """A field whose attribute and member are called as it is, where nothing else is said."""
    wire = more.pop("wire", name)
    attribute = more.pop("attribute", name)
    return Field(name, attribute, wire, Named(type_) if isinstance(type_, str) else type_, **more)


def argument(name: str, type_: TypeRef | str, **more: Any) -> Argument:
    """An argument in the query, likewise."""
    wire = more.pop("wire", name)
    attribute = more.pop("attribute", name)
    ref = Named(type_) if isinstance(type_, str) else type_
    return Argument(name, attribute, wire, more.pop("place", Place.QUERY), ref, **more)


def operation(name: str, result: TypeRef | str, *arguments: Argument, **more: Any) -> Operation:
    """An operation that answers JSON."""
    ref = Named(result) if isinstance(result, str) else result
    kind = more.pop("kind", BodyKind.JSON)
    method = "POST" if more.get("is_mutation") else "GET"
    return Operation(
        name=name,
        id=name,
        is_mutation=more.pop("is_mutation", False),
        arguments=arguments,
        result=Result(kind, ref),
        rest=RestCall(method, f"/{name}"),
        **more,
    )


def types_of(*types: Any) -> dict[str, Any]:
    """As a model has them."""
    return {each.name: each for each in types}


def model(name: str, operations: tuple[Operation, ...], *types: Any, **more: Any) -> Model:
    """A model of REST."""
    return Model(name, "rest", name.title(), operations, types_of(*types), **more)


ORDER = ObjectType(
    "Order",
    (
        field("id", ID, required=True, description="Its number."),
        field("status", "OrderStatus", required=True),
        field("total", "Decimal"),
        field("customerId", ID, attribute="customer_id", wire="customer_id"),
        field("lines", ListOf(Named("OrderLine"))),
        field("labels", MapOf(STRING, "LabelEntry")),
        field("payment", "Payment"),
        field("placedAt", "DateTime", attribute="placed_at", wire="placed-at"),
        field("old", STRING, deprecated="nobody fills it"),
    ),
    description="What somebody bought.",
)
LINE = ObjectType("OrderLine", (field("sku", STRING), field("count", INT), field("order", "Order")))
ENTRY = ObjectType("LabelEntry", (field("key", STRING, required=True), field("value", STRING)))
STATUS = EnumType(
    "OrderStatus", (EnumValue("OPEN", "open"), EnumValue("IN_TRANSIT", "in-transit"), EnumValue("DONE", 3))
)
CARD = ObjectType("Card", (field("kind", STRING), field("last4", STRING)))
CASH = ObjectType("Cash", (field("kind", STRING), field("till", INT)))
PAYMENT = UnionType("Payment", (Member("Card", ("card",)), Member("Cash", ("cash", "coins"))), "kind")

ORDER_BY_ID = operation("order", "Order", argument("id", ID, required=True))
ORDERS_BY_IDS = operation(
    "ordersByIds",
    ListOf(Named("Order")),
    argument("ids", ListOf(ID), required=True),
    batching=Batching("ids", "id", max_size=50, single="order"),
)
PAGE = ObjectType(
    "OrderPage", (field("items", ListOf(Named("Order"))), field("total", INT), field("next", STRING))
)
ORDERS = operation(
    "orders",
    "OrderPage",
    argument("status", "OrderStatus"),
    argument("offset", INT),
    argument("limit", INT),
    paging=Paging(
        PagingStyle.OFFSET, ("items",), Named("Order"), position="offset", size="limit", total=("total",)
    ),
)
SHOP = model(
    "shop", (ORDER_BY_ID, ORDERS_BY_IDS, ORDERS), ORDER, LINE, ENTRY, STATUS, CARD, CASH, PAYMENT, PAGE
)

Answer = Callable[[dict[str, Any]], Any]


class Memory:
    """An ImportedUpstream that answers from functions of the arguments.

    Args:
        model: whose operations.
        answers: operation -> function of its arguments. What it answers is written as JSON and read again.

    Attributes:
        calls: (operation, arguments, attributes that are wanted) of each call.
    """

    kind = "rest"

    def __init__(self, model: Model, answers: Mapping[str, Answer]) -> None:
        self.name = model.name
        self.declaration = declared_here([])
        self.calls: list[tuple[str, dict[str, Any], frozenset[str] | None]] = []
        self._answers = answers

    def variables(self) -> tuple[()]:
        """None."""
        return ()

    async def open(self, runtime: Any) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def check(self) -> None:
        """It is there."""

    def status(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {}

    def _ask(self, name: str, arguments: dict[str, Any], attributes: frozenset[str] | None) -> bytes:
        self.calls.append((name, arguments, attributes))
        answer = self._answers[name](arguments)
        if isinstance(answer, Exception):
            raise answer
        return msgspec.json.encode(answer)

    def reading(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> Any:
        """See ImportedUpstream."""
        decode = records.decoder(operation.result.type, (), attributes)

        async def read(arguments: dict[str, Any]) -> Any:
            return decode(self._ask(operation.name, arguments, attributes))

        return read

    def paging(
        self, operation: Operation, records: RecordTypes, attributes: frozenset[str] | None = None
    ) -> Any:
        """See ImportedUpstream; by offset, all rows being in the answer."""
        paging = operation.paging
        assert paging is not None
        decode = records.decoder(ListOf(paging.node), paging.items, attributes)

        async def read(arguments: dict[str, Any], first: int, after: str | None) -> PageOf:
            start = 0 if after is None else int(after)
            rows = decode(self._ask(operation.name, arguments, attributes))
            page = rows[start : start + first]
            places = [str(start + place + 1) for place in range(len(page))]
            return PageOf(page, places, start + first < len(rows), start > 0, len(rows))

        return read

    def by_ids(  # noqa: PLR0913 - as ImportedUpstream has it
        self,
        operation: Operation,
        records: RecordTypes,
        *,
        keys: tuple[str, ...],
        match: str | None = None,
        max_size: int | None = None,
        items: tuple[str, ...] = (),
        many: bool = False,
        arguments: Mapping[str, Any] | None = None,
        attributes: frozenset[str] | None = None,
    ) -> Any:
        """See ImportedUpstream."""
        given = dict(arguments or {})

        def narrow(wanted: frozenset[str]) -> Any:
            return self.by_ids(
                operation,
                records,
                keys=keys,
                match=match,
                max_size=max_size,
                items=items,
                many=many,
                arguments=arguments,
                attributes=wanted | {match} if match else wanted,
            )

        ref = ref_at(records.model, operation.result.type, items)
        assert ref is not None
        decode = records.decoder(ref, items, attributes)
        if match is None:

            async def one(key: Any) -> Any:
                parts = key if isinstance(key, tuple) else (key,)
                return decode(
                    self._ask(operation.name, {**given, **dict(zip(keys, parts, strict=True))}, attributes)
                )

            return FanOut(
                name=operation.name,
                source=self.name,
                fetch=one,
                concurrency=4,
                narrow=None if attributes is not None else narrow,
            )

        async def fetch(ids: Any) -> Matched[Any]:
            rows = decode(self._ask(operation.name, {**given, keys[0]: list(ids)}, attributes))
            if not many:
                return Matched(rows)
            grouped: dict[Any, list[Any]] = {key: [] for key in ids}
            for row in rows:
                grouped.setdefault(str(getattr(row, match)), []).append(row)
            return Matched([_Group(str(key), found) for key, found in grouped.items()])

        return _Ungrouped(
            self, fetch, match, max_size or 100, narrow if attributes is None else None, many=many
        )


class _Group(msgspec.Struct, frozen=True):
    key: str
    rows: list[Any]


class _Ungrouped:
    """A Batch, of groups where all rows of a key are wanted."""

    arguments: frozenset[str] = frozenset()

    def __init__(
        self, upstream: Memory, fetch: Any, match: str, max_size: int, narrow: Any, *, many: bool
    ) -> None:
        self.name = "batch"
        self.source = upstream.name
        self._many = many
        self._batch: Batch[Any] = Batch(
            name="batch",
            source=upstream.name,
            fetch=fetch,
            match="key" if many else match,
            max_size=max_size,
        )
        self._narrow = narrow

    def selecting(self, attributes: frozenset[str]) -> Any:
        """See ByIds."""
        return self if self._narrow is None else self._narrow(attributes)

    async def __call__(self, ids: Any, **_: Any) -> list[Any]:
        """See ByIds."""
        found = await self._batch(ids)
        return [each.rows if isinstance(each, _Group) else each for each in found]


def orders(count: int) -> list[dict[str, Any]]:
    """Orders as the shop's JSON has them."""
    return [
        {
            "id": f"o{number}",
            "status": "open" if number % 2 else "in-transit",
            "total": 12.50,
            "customer_id": f"c{number % 3}",
            "lines": [{"sku": f"s{number}", "count": number}],
            "labels": {"colour": "red"},
            "payment": {"kind": "card", "last4": "4242"},
            "placed-at": "2026-01-31T10:00:00Z",
        }
        for number in range(count)
    ]


def shop(rows: list[dict[str, Any]] | None = None) -> Memory:
    """The shop's upstream."""
    found = orders(5) if rows is None else rows
    by_id = {row.get("id"): row for row in found}
    return Memory(
        SHOP,
        {
            "order": lambda arguments: by_id.get(arguments["id"]),
            "ordersByIds": lambda arguments: [by_id[key] for key in arguments["ids"] if key in by_id],
            "orders": lambda _: {"items": found, "total": len(found)},
        },
    )
