"""Random documents whose fields overlap, with and without conflicts, and graphql-core's verdict on them."""

from __future__ import annotations

from random import Random

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    validate,
)

from patchbay.access.limits.merging import MergingRule

SCHEMA = build_schema(
    """
    interface Node { id: ID self(x: Int, y: In): Node other: Thing name: String size: Int list: [Node] }
    interface Named implements Node {
      id: ID self(x: Int, y: In): Node other: Thing name: String size: Int list: [Node] label: String
    }
    type A implements Node & Named {
      id: ID self(x: Int, y: In): Node other: Thing name: String size: Int list: [Node] label: String
      own: A odd: String must: String! many: [String] color: Color pick: B
    }
    type B implements Node {
      id: ID self(x: Int, y: In): Node other: Thing name: String size: Int list: [Node]
      own: B odd: Int must: String many: [String!] color: String pick: [B]
    }
    type C { own: C odd: ID name: String list: [C!] pick: Thing }
    union Thing = A | B | C
    enum Color { RED GREEN }
    input In { a: Int b: [In] s: String }
    type Query {
      node: Node thing: Thing a: A b: B c: C self(x: Int, y: In): Node name: String paint(color: Color): Int
    }
    """
)

_FIELDS = {
    name: list(type_.fields) if hasattr(type_, "fields") else []
    for name, type_ in SCHEMA.type_map.items()
    if name in {"Node", "Named", "A", "B", "C", "Query", "Thing"}
}
_COMPOSITE = {
    (name, field): getattr(SCHEMA.type_map[name], "fields")[field].type  # noqa: B009 - not of every type
    for name, fields in _FIELDS.items()
    for field in fields
}
_ARGUMENTS = (
    *("", "", "(x: 1)", "(x: 2)", "(x: $v)", "(x: $w)", "(x: 1 y: {a: 1})", "(y: {a: 1} x: 1)"),
    *('(y: {a: 1 s: "s"})', '(y: {s: "s" a: 1})', "(y: {b: [{a: 1}]})"),
)
_WITHIN = {
    "Query": ("Query",),
    "Node": ("Node", "Named", "A", "B"),
    "Named": ("Node", "Named", "A"),
    "Thing": ("A", "B", "C", "Node"),
    "A": ("A", "Node", "Named", "Thing"),
    "B": ("B", "Node", "Thing"),
    "C": ("C", "Thing"),
}
_KEYS = ("k", "l")


class Writer:
    """Writes one document. Fragments spread only later ones, so that none is circular."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left = rng.randint(4, 40)
        self._fragments = [(f"F{number}", rng.choice(tuple(_WITHIN))) for number in range(rng.randint(0, 5))]
        self._trouble = rng.choice((0.0, 0.05, 0.2, 0.6))

    def document(self) -> str:
        """Its text; every selection set has something in it."""
        texts = [f"query Q($v: Int, $w: Int) {self._selections('Query', 0, 0)}"]
        texts += [
            f"fragment {name} on {on} {self._selections(on, 1, number + 1)}"
            for number, (name, on) in enumerate(self._fragments)
        ]
        return "\n".join(texts)

    def _selections(self, on: str, depth: int, first: int) -> str:
        parts = [self._selection(on, depth, first) for _ in range(self._rng.randint(1, 4))]
        return "{ " + " ".join(parts) + " }"

    def _selection(self, on: str, depth: int, first: int) -> str:
        self._left -= 1
        chance = self._rng.random()
        if chance < 0.2 and depth < 6 and self._left > 0:
            within = self._rng.choice(_WITHIN[on])
            return f"... on {within} {self._selections(within, depth + 1, first)}"
        usable = [name for name, _ in self._fragments[first:]]
        if chance < 0.4 and usable:
            return f"...{self._rng.choice(usable)}"
        return self._field(on, depth, first)

    def _field(self, on: str, depth: int, first: int) -> str:
        rng = self._rng
        name = rng.choice([*_FIELDS[on], "__typename"])
        returned = _COMPOSITE.get((on, name))
        inner = str(returned).strip("[]!") if returned is not None else ""
        alias = f"{rng.choice(_KEYS)}: " if rng.random() < self._trouble else ""
        arguments = rng.choice(_ARGUMENTS) if name == "self" and rng.random() < self._trouble + 0.1 else ""
        if inner not in _FIELDS:
            return f"{alias}{name}"
        if self._left <= 0 or depth > 6:
            return "__typename"
        stream = " @stream" if name == "list" and rng.random() < self._trouble / 4 else ""
        return f"{alias}{name}{arguments}{stream} {self._selections(inner, depth + 1, first)}"


def verdicts(schema: GraphQLSchema, document: DocumentNode) -> tuple[list[GraphQLError], list[GraphQLError]]:
    """The errors of our rule, and those of graphql-core's."""
    ours = validate(schema, document, [MergingRule])
    return ours, validate(schema, document, [OverlappingFieldsCanBeMergedRule])
