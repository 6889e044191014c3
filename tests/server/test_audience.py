"""Who may see the schema and GraphiQL, and what asks for the schema."""

from __future__ import annotations

import time

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from patchbay.access.identity import NOBODY, Identity
from patchbay.server import Settings
from patchbay.server.audience import Audience, asks_for_schema

KEY = Identity(kind="key", subject="k1", scopes=frozenset({"schema:read"}))
TOKEN = Identity(kind="token", subject="s", issuer="https://issuer.example", scopes=frozenset({"other"}))
EXPIRED = Identity(kind="key", subject="k2", scopes=frozenset({"schema:read"}), expires_at=time.time() - 1)


@pytest.mark.parametrize(
    ("text", "knows_identities", "admitted"),
    [
        ("everyone", True, [NOBODY, KEY, TOKEN, EXPIRED]),
        ("everyone", False, [NOBODY, KEY, TOKEN, EXPIRED]),
        ("authenticated", True, [KEY, TOKEN]),
        ("scope:schema:read", True, [KEY]),
        ("scope: schema:read", True, [KEY]),
        ("scope:nothing", True, []),
        ("nobody", True, []),
        ("auto", False, [NOBODY, KEY, TOKEN, EXPIRED]),
        ("auto", True, [KEY, TOKEN]),
    ],
)
def test_an_audience_admits_its_own(text: str, *, knows_identities: bool, admitted: list[Identity]) -> None:
    audience = Audience.of(text, knows_identities=knows_identities)
    assert [each for each in (NOBODY, KEY, TOKEN, EXPIRED) if audience.admits(each)] == admitted
    assert audience.is_everyone == (NOBODY in admitted)
    assert audience.is_nobody == (text == "nobody")


@pytest.mark.parametrize("text", ["", "somebody", "scope:", "Everyone"])
def test_what_says_nothing_admits_nobody_by_mistake(text: str) -> None:
    with pytest.raises(ValueError, match=text or "^$"):
        Audience.of(text, knows_identities=True)


@pytest.mark.parametrize("value", ["true", "off", "everyone", "authenticated", "nobody", "scope:x", "auto"])
def test_every_setting_is_an_audience(value: str) -> None:
    settings = Settings.read({"PATCHBAY_GRAPHIQL": value, "PATCHBAY_INTROSPECTION": value})
    Audience.of(settings.graphiql, knows_identities=False)
    Audience.of(settings.introspection, knows_identities=False)


def asks(document: str) -> bool:
    definitions = parse(document).definitions
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    (operation,) = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    return asks_for_schema(operation, fragments)


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ a x: __schema { queryType { name } } }",
        "{ ... { __schema { queryType { name } } } }",
        "{ ... on Query { ... @include(if: true) { __schema { queryType { name } } } } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { __schema { queryType { name } } }",
        "query($a: Boolean!) { __schema @include(if: $a) { queryType { name } } }",
        "mutation { put { query { __schema { queryType { name } } } } }",
    ],
)
def test_the_schema_is_asked_for(document: str) -> None:
    assert asks(document)


@pytest.mark.parametrize(
    "document",
    [
        "{ __typename a { __typename } }",
        "{ __schema_: a schema __types }",
        "{ __schema: a }",
        "{ a } fragment A on Query { __schema { queryType { name } } }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A a }",
        "{ ...Nowhere }",
    ],
)
def test_the_schema_is_not_asked_for(document: str) -> None:
    assert not asks(document)


def test_fragments_are_looked_at_once() -> None:
    levels = 25
    fragments = "".join(
        f"fragment F{n} on Query {{ {f'...F{n + 1} ' * 2 if n < levels else 'a'} }} "
        for n in range(levels + 1)
    )
    started = time.perf_counter()
    assert not asks(f"{{ ...F0 }} {fragments}")
    assert time.perf_counter() - started < 0.5
