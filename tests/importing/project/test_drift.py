from __future__ import annotations

import pytest
from msgspec.structs import replace

from patchbay.importing.drift import Breaks, changes_between
from patchbay.importing.model import (
    Argument,
    BodyKind,
    Edge,
    EnumType,
    EnumValue,
    Field,
    InputType,
    ListOf,
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
    Security,
    SecurityKind,
    UnionType,
)

STRING, ORDER = Named("String"), Named("Order")


def argument(name: str, *, required: bool = False, place: Place = Place.QUERY, wire: str = "") -> Argument:
    return Argument(name, name, wire or name, place, STRING, required=required, style="form")


def operation(name: str, *arguments: Argument, id: str = "") -> Operation:
    return Operation(
        name=name,
        id=id or name,
        is_mutation=False,
        arguments=arguments,
        result=Result(BodyKind.JSON, ListOf(ORDER)),
        rest=RestCall("GET", f"/{name}"),
    )


LIST = operation("orders", argument("status"), argument("size"))
TYPE = ObjectType(
    "Order", (Field("id", "id", "id", STRING, required=True), Field("note", "note", "note", STRING))
)
STATUS = EnumType("Status", (EnumValue("PAID", "paid"), EnumValue("OPEN", "open")))
NEW = InputType(
    "NewOrder", (Field("note", "note", "note", STRING), Field("at", "at", "at", STRING, required=True))
)
PAY = UnionType("Payment", (Member("Order"), Member("Other")))
OTHER = ObjectType("Other", (Field("x", "x", "x", STRING),))

BEFORE = Model(
    name="shop",
    kind="rest",
    title="Shop",
    operations=(LIST, operation("ping")),
    types={each.name: each for each in (TYPE, STATUS, NEW, PAY, OTHER)},
    servers=("https://shop.example",),
)


def after(*, operations: tuple[Operation, ...] | None = None, **types: object) -> Model:
    """The model with other operations or types; what is None is gone."""
    changed = {**BEFORE.types, **types}
    return replace(
        BEFORE,
        operations=BEFORE.operations if operations is None else operations,
        types={name: each for name, each in changed.items() if each is not None},
    )


def with_list(**changed: object) -> Model:
    return after(operations=(replace(LIST, **changed), operation("ping")))


PAGED = Paging(PagingStyle.OFFSET, (), ORDER, position="offset", size="size", why="x")

CLIENTS, CALLS, NOBODY = Breaks.CLIENTS, Breaks.CALLS, Breaks.NOBODY

CASES: dict[str, tuple[Model, Breaks, str]] = {
    "an operation is gone": (after(operations=(LIST,)), CLIENTS, "Query.ping is gone"),
    "an operation is called otherwise": (
        after(operations=(LIST, operation("pong", id="ping"))),
        CLIENTS,
        "Query.ping is gone; ping is Query.pong now",
    ),
    "an operation is new": (
        after(operations=(*BEFORE.operations, operation("more"))),
        NOBODY,
        "Query.more is new",
    ),
    "a read changes something now": (
        with_list(is_mutation=True),
        CLIENTS,
        "Query.orders is Mutation.orders now",
    ),
    "an argument is gone": (
        with_list(arguments=(argument("size"),)),
        CLIENTS,
        "Query.orders(status:) is gone",
    ),
    "an argument has to be given": (
        with_list(arguments=(argument("status", required=True), argument("size"))),
        CLIENTS,
        "Query.orders(status:) has to be given now",
    ),
    "a new argument has to be given": (
        with_list(arguments=(*LIST.arguments, argument("tenant", required=True))),
        CLIENTS,
        "Query.orders(tenant:) is new, and has to be given",
    ),
    "a new argument": (
        with_list(arguments=(*LIST.arguments, argument("tenant"))),
        NOBODY,
        "Query.orders(tenant:) is new",
    ),
    "an argument of another type": (
        with_list(arguments=(replace(argument("status"), type=Named("Int")), argument("size"))),
        CLIENTS,
        "Query.orders(status:) took String, and takes Int",
    ),
    "an argument in another place": (
        with_list(arguments=(argument("status", place=Place.HEADER), argument("size"))),
        CALLS,
        "Query.orders(status:) went into the query, and goes into the header",
    ),
    "an argument with another name on the wire": (
        with_list(arguments=(argument("status", wire="state"), argument("size"))),
        CALLS,
        "Query.orders(status:) was 'status' to the upstream, and is 'state'",
    ),
    "another result": (
        with_list(result=Result(BodyKind.JSON, ORDER)),
        CLIENTS,
        "Query.orders answered [Order!], and answers Order",
    ),
    "pages": (with_list(paging=PAGED), CLIENTS, "Query.orders answered [Order!], and answers pages of Order"),
    "another path": (
        with_list(rest=RestCall("GET", "/v2/orders")),
        CALLS,
        "Query.orders was GET /orders, and is GET /v2/orders",
    ),
    "a type is gone": (after(Other=None), CLIENTS, "Other is gone"),
    "a type of another kind": (
        after(Other=EnumType("Other", ())),
        CLIENTS,
        "Other was an object, and is an enum",
    ),
    "a field is gone": (after(Order=replace(TYPE, fields=TYPE.fields[:1])), CLIENTS, "Order.note is gone"),
    "a field may be null": (
        after(Order=replace(TYPE, fields=(Field("id", "id", "id", STRING), TYPE.fields[1]))),
        CLIENTS,
        "Order.id can be null now",
    ),
    "a field is never null": (
        after(Order=replace(TYPE, fields=(TYPE.fields[0], replace(TYPE.fields[1], required=True)))),
        NOBODY,
        "Order.note is never null any more",
    ),
    "a field of another type": (
        after(Order=replace(TYPE, fields=(TYPE.fields[0], Field("note", "note", "note", ListOf(STRING))))),
        CLIENTS,
        "Order.note was String, and is [String!]",
    ),
    "an enum's value is gone": (
        after(Status=replace(STATUS, values=STATUS.values[:1])),
        CLIENTS,
        "Status.OPEN is gone",
    ),
    "an enum's value is new": (
        after(Status=replace(STATUS, values=(*STATUS.values, EnumValue("SENT", "sent")))),
        NOBODY,
        "Status.SENT is new",
    ),
    "an enum's value on the wire": (
        after(Status=replace(STATUS, values=(EnumValue("PAID", "PAID"), STATUS.values[1]))),
        CALLS,
        "Status.PAID was 'paid' to the upstream, and is 'PAID'",
    ),
    "an input's field has to be given": (
        after(NewOrder=replace(NEW, fields=(replace(NEW.fields[0], required=True), NEW.fields[1]))),
        CLIENTS,
        "NewOrder.note has to be given now",
    ),
    "an input's field can be left out": (
        after(NewOrder=replace(NEW, fields=(NEW.fields[0], replace(NEW.fields[1], required=False)))),
        NOBODY,
        "NewOrder.at can be left out now",
    ),
    "a union's member is gone": (
        after(Payment=replace(PAY, members=PAY.members[:1])),
        CLIENTS,
        "Payment.Other is gone",
    ),
    "another address": (
        replace(BEFORE, servers=("https://shop.invalid",)),
        CALLS,
        "shop was at https://shop.example, and is at https://shop.invalid",
    ),
    "other credentials": (
        replace(BEFORE, security={"key": Security("key", SecurityKind.BEARER)}, requires=(("key",),)),
        CALLS,
        "shop asks for other credentials",
    ),
    "an edge is new": (
        replace(BEFORE, edges=(Edge("Order", "self", "orders", {}),)),
        NOBODY,
        "Order.self is new",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_told_with_whom_it_breaks(name: str) -> None:
    model, breaks, sentence = CASES[name]
    assert [(each.breaks, f"{each.at} {each.what}") for each in changes_between(BEFORE, model)] == [
        (breaks, sentence)
    ]


def test_the_same_model_has_no_changes() -> None:
    assert changes_between(BEFORE, after()) == ()


@pytest.mark.parametrize(("before", "now"), [(None, 5), (5, 3), (5, None)])
def test_another_bound_of_a_list_changes_no_answer(before: int | None, now: int | None) -> None:
    was, is_ = (
        replace(
            after(Order=replace(TYPE, fields=(Field("all", "all", "all", ListOf(ORDER, most=most)),))),
            operations=(replace(LIST, result=Result(BodyKind.JSON, ListOf(ORDER, most=most))),),
        )
        for most in (before, now)
    )
    assert changes_between(was, is_) == ()


def test_the_arguments_of_pages_are_no_clients_business() -> None:
    before = with_list(paging=PAGED)
    now = with_list(
        paging=PAGED, arguments=(argument("status"), replace(argument("size"), type=Named("Int")))
    )
    assert changes_between(before, now) == ()


def test_what_breaks_clients_comes_first() -> None:
    now = replace(after(operations=(LIST, operation("more"))), servers=("https://x.invalid",))
    assert [each.breaks for each in changes_between(BEFORE, now)] == [CLIENTS, CALLS, NOBODY]
