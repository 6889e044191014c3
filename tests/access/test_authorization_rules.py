"""The directives themselves: how they are declared, and what is refused when the server starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any, Self

import msgspec
import pytest
import strawberry
from graphql import parse
from strawberry.federation import schema_directives as federation

from patchbay.access.authorization.directives import Authenticated, Policy, RequiresScopes
from patchbay.access.identity import NOBODY, Identity
from patchbay.caller import Caller
from patchbay.checks import check_graph
from patchbay.errors import ConfigurationError
from patchbay.execution import CompiledExecutor
from patchbay.hints import PUBLIC, CacheControl
from patchbay.links import link
from patchbay.records import is_record
from patchbay.scope import Scope, enter_scope
from patchbay.server import GraphSchema
from tests.access.asking import Context, ask, identity
from tests.access.guarded_graph import POLICIES_ASKED, schema
from tests.patchbay.reads import Read

DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"
KNOWN = identity(token=True)
HINT = CacheControl(max_age=60, scope=PUBLIC)


@strawberry.enum
class Colour(Enum):
    RED = strawberry.enum_value("red", directives=[Authenticated()])


@strawberry.input
class Wanted:
    colour: Colour = strawberry.field(directives=[Authenticated()])


def paint(wanted: Wanted, twice: Annotated[bool, strawberry.argument(directives=[Authenticated()])]) -> int:
    return len(wanted.colour.name) * (1 + twice)


class Person(msgspec.Struct, frozen=True):
    name: str = "n"
    salary: int = 1


@strawberry.type(name="Person")
class PersonType:
    is_type_of = is_record(Person)
    name: str
    salary: int | None = strawberry.field(directives=[Authenticated()])


class Narrow(Read):
    """A read that notes what it is narrowed to."""

    selected: frozenset[str] = frozenset()

    def selecting(self, attributes: frozenset[str]) -> Self:
        self.selected = attributes
        return self


def one() -> int:
    return 1


def graph(*directives: object, **more: Any) -> GraphSchema:
    """A graph with one field that has these directives, and one that has none."""

    @strawberry.type
    class Query:
        guarded: int | None = strawberry.field(resolver=one, directives=directives)
        open: int | None = strawberry.field(resolver=one, directives=[HINT])

    return GraphSchema(query=Query, **more)


async def codes(of: GraphSchema, who: Identity, query: str = "{ guarded }") -> list[Any]:
    result = await of.execute(query, context_value=Context(who))
    return [(error.extensions or {}).get("code") for error in result.errors or ()]


def test_the_schema_tells_who_may_see_what() -> None:
    text = str(schema)
    assert "directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM" in text
    assert "directive @requiresScopes(scopes: [[Scope!]!]!) on FIELD_DEFINITION" in text
    assert "directive @policy(policies: [[Policy!]!]!) on FIELD_DEFINITION" in text
    assert "scalar Scope" in text
    assert "scalar Policy" in text
    assert 'type File implements Node @policy(policies: [["clerk", "on_duty"], ["auditor"]])' in text
    assert "email: String @authenticated" in text


@pytest.mark.parametrize("alternatives", [[], [[]], [["a"], []], "a", [["a", 1]], ["a"]])
def test_lists_that_nobody_or_everybody_would_meet_are_refused(alternatives: Any) -> None:
    with pytest.raises(ConfigurationError, match="RequiresScopes"):
        RequiresScopes(scopes=alternatives)
    with pytest.raises(ConfigurationError, match="Policy"):
        Policy(policies=alternatives)


@pytest.mark.parametrize("alternatives", [[], [[]]])
async def test_the_same_is_refused_of_federations_own_when_the_server_starts(alternatives: Any) -> None:
    of = graph(federation.RequiresScopes(scopes=alternatives))
    with pytest.raises(ConfigurationError, match=r"Query\.guarded: @requiresScopes"):
        check_graph(of, [])
    assert await codes(of, identity(token=True, scopes=["a"])) == [DENIED]


async def test_federations_own_directives_are_enforced() -> None:
    of = graph(federation.Authenticated(), federation.RequiresScopes(scopes=[["a", "b"], ["c"]]))
    assert await codes(of, NOBODY) == [DENIED]
    assert await codes(of, KNOWN) == [DENIED]
    assert await codes(of, identity(token=True, scopes=["a"])) == [DENIED]
    assert await codes(of, identity(token=True, scopes=["a", "b"])) == []
    assert await codes(of, identity(token=True, scopes=["c"])) == []


def test_a_policy_without_a_function_keeps_the_server_from_starting() -> None:
    with pytest.raises(ConfigurationError, match="@policy names 'paid'"):
        check_graph(graph(Policy(policies=[["paid"]])), [])
    check_graph(graph(Policy(policies=[["paid"]]), policies={"paid": lambda _: True}), [])


def test_so_does_a_policy_that_would_have_to_be_waited_for() -> None:
    async def paid(_: Identity) -> bool:
        return True

    with pytest.raises(ConfigurationError, match="'paid' is a coroutine function"):
        check_graph(graph(Policy(policies=[["paid"]]), policies={"paid": paid}), [])


def test_so_does_a_directive_where_nothing_would_enforce_it() -> None:
    @strawberry.type
    class Query:
        painted: int = strawberry.field(resolver=paint)

    with pytest.raises(ConfigurationError) as caught:
        check_graph(GraphSchema(query=Query), [])
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert sorted(places) == ["Colour.RED", "Query.painted(twice:)", "Wanted.colour"]


@pytest.mark.parametrize(
    "policy",
    [lambda _: "yes", lambda _: 1, lambda _: None, lambda who: who.claims["missing"]],
    ids=["text", "number", "nothing", "an exception"],
)
async def test_a_policy_lets_nobody_pass_but_by_true(policy: Callable[[Identity], Any]) -> None:
    of = graph(Policy(policies=[["paid"]]), policies={"paid": policy})
    assert await codes(of, KNOWN) == [DENIED]


async def test_a_policy_is_asked_once_in_an_operation() -> None:
    query = "{ customers { regionNote files { totalCount } } files { totalCount } }"
    who = identity(token=True, scopes=["notes:read"], claims=["auditor", "same_region"])
    assert not (await ask(who, query)).errors
    assert POLICIES_ASKED["auditor"] == POLICIES_ASKED["same_region"] == 1


async def test_a_policy_sees_nothing_of_who_has_expired() -> None:
    seen: list[Identity] = []

    def paid(who: Identity) -> bool:
        seen.append(who)
        return True

    of = graph(Policy(policies=[["paid"]]), policies={"paid": paid})
    assert await codes(of, identity(token=True, claims=["paid"], expired=True)) == []
    assert seen == [NOBODY]


@pytest.mark.parametrize("who", [NOBODY, KNOWN], ids=["nobody", "somebody"])
async def test_directives_hold_without_a_server_and_without_policies(who: Identity) -> None:
    @strawberry.type
    class Query:
        known: int | None = strawberry.field(resolver=one, directives=[Authenticated()])
        paid: int | None = strawberry.field(resolver=one, directives=[Policy(policies=[["paid"]])])

    enter_scope(Scope(Caller((), who)))
    plain = strawberry.Schema(Query, execution_context_class=CompiledExecutor)
    result = await plain.execute("{ known paid }")
    assert result.data == {"known": 1 if who.is_authenticated else None, "paid": None}


async def test_what_is_not_for_a_client_is_not_told_apart_from_what_is_not_there() -> None:
    query = "query Q($id: ID!) { node(id: $id) { id } }"
    there = await ask(KNOWN, query, {"id": "QWNjb3VudDphMQ=="})
    missing = await ask(KNOWN, query, {"id": "QWNjb3VudDpub25l"})
    assert (there.data, there.errors, there.calls) == (missing.data, missing.errors, missing.calls)
    assert there.calls == {}


async def test_clients_that_share_a_document_do_not_share_what_they_see() -> None:
    query = """query Shared($is: Boolean!) {
        customer(id: "c1") { email iban @include(if: $is) account { balance } }
    }"""
    admin = identity(token=True, scopes=["admin"])

    async def check(who: Identity, expected: list[Any]) -> None:
        told = await ask(who, query, {"is": True})
        assert list(told.data[0]["customer"].values()) == expected

    for _ in range(3):
        await asyncio.gather(
            check(NOBODY, [None, None, None]),
            check(KNOWN, ["1@example.org", None, None]),
            check(admin, ["1@example.org", "DE-1", {"balance": 70_001}]),
        )


async def test_a_field_that_is_denied_is_not_among_what_a_read_is_narrowed_to() -> None:
    read = Narrow(lambda _: Person())

    @strawberry.type
    class Query:
        me: PersonType | None = link(read, key="real")

    of = GraphSchema(query=Query)
    for who, attributes in ((NOBODY, {"name"}), (KNOWN, {"name", "salary"})):
        result = await of.execute("{ me { name salary } }", context_value=Context(who), root_value=3)
        assert result.data is not None
        assert read.selected == attributes


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ("{ open }", b"max-age=60, public"),
        ("{ open guarded }", b"max-age=60, private"),
        ("{ ...part } fragment part on Query { open guarded }", b"max-age=60, private"),
        ("{ open guarded @skip(if: true) }", b"max-age=60, private"),
    ],
)
def test_what_is_not_for_everybody_is_kept_by_no_shared_cache(query: str, header: bytes) -> None:
    of = graph(Authenticated(), HINT)
    document = parse(query)
    operation, *fragments = document.definitions
    named: Mapping[str, Any] = {each.name.value: each for each in fragments}  # type: ignore[attr-defined]
    policy = of.cache_policies.of(operation, named)  # type: ignore[arg-type]
    assert policy is not None
    assert dict(policy.anonymous)[b"cache-control"] == header
