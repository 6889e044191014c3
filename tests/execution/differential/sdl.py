"""A schema's text.

Within one schema a field name has one type and the same arguments wherever it stands, so that fragments on
different types never conflict; an object may only promise more (`T!` where its interface has `T`).
"""

from __future__ import annotations

from random import Random

LEAVES = ("Int", "Float", "String", "Boolean", "ID", "Odd", "Color")
_WRAPS = ("{}", "{}", "{}", "{}!", "{}!", "[{}]", "[{}!]", "[{}]!", "[{}!]!", "[[{}]]", "[[{}!]!]!")
_ARGUMENTS = (
    "(x: Int)",
    "(x: Int = 3, y: String, z: Filter = {size: 2})",
    "(w: [Int!] = [1, 2], color: Color = GREEN)",
    "(must: Int!)",
    "(late: Int! = 5)",
    "(pick: Pick, deep: [[Filter]])",
)
_COMMON = """
scalar Odd
enum Color { RED GREEN BLUE }
input Filter { size: Int = 7, words: [String!], color: Color = BLUE, inner: Filter, on: Boolean! = true }
input Pick @oneOf { number: Int text: String }
"""

INTERFACES = ("Named", "Aged")
OBJECTS = ("Ant", "Bee", "Cat", "Dog")
UNIONS = ("Any",)


def schema_text(rng: Random) -> str:
    """A valid schema with these objects, interfaces and union, and all three root types."""
    pool = _pool(rng)
    names = list(pool)
    implements = {name: _implemented(rng, name) for name in OBJECTS}
    fields = {name: set(rng.sample(names, rng.randint(2, 4))) for name in INTERFACES}
    nested = rng.random() < 0.5
    if nested:
        fields["Aged"] |= fields["Named"]
        implements = {name: _with_named(of) for name, of in implements.items()}
    blocks = [
        _block("interface", name, ["Named"] if nested and name == "Aged" else [], _lines(fields[name], pool))
        for name in INTERFACES
    ]
    for name in OBJECTS:
        promised = set().union(*(fields[interface] for interface in implements[name]))
        own = promised | set(rng.sample(names, rng.randint(3, 6)))
        blocks.append(_block("type", name, implements[name], _lines(own, pool, rng)))
    members = sorted(rng.sample(OBJECTS, rng.randint(2, 3)))
    blocks += [f"union {name} = {' | '.join(members)}" for name in UNIONS]
    for root, count in (("Query", 8), ("Mutation", 5), ("Subscription", 4)):
        blocks.append(_block("type", root, [], _lines(set(rng.sample(names, count)), pool, rng)))
    return _COMMON + "\n".join(blocks)


def _implemented(rng: Random, name: str) -> list[str]:
    # Every interface has an object, so that none of its positions is always null.
    always = {"Ant": "Named", "Bee": "Aged"}.get(name)
    return [interface for interface in INTERFACES if interface == always or rng.random() < 0.4]


def _with_named(interfaces: list[str]) -> list[str]:
    return ["Named", "Aged"] if "Aged" in interfaces else interfaces


def _pool(rng: Random) -> dict[str, str]:
    """Field name -> arguments and type. Names of leaves start with "l", of composites with "c"."""
    pool = {}
    for number in range(8):
        pool[f"l{number}"] = _arguments(rng, 0.3) + ": " + rng.choice(_WRAPS).format(rng.choice(LEAVES))
    for number, named in enumerate(OBJECTS + INTERFACES + UNIONS + tuple(rng.choices(OBJECTS, k=2))):
        pool[f"c{number}"] = _arguments(rng, 0.15) + ": " + rng.choice(_WRAPS).format(named)
    return pool


def _arguments(rng: Random, rate: float) -> str:
    return rng.choice(_ARGUMENTS) if rng.random() < rate else ""


def _lines(names: set[str], pool: dict[str, str], rng: Random | None = None) -> list[str]:
    lines = []
    for name in sorted(names):
        promises_more = rng is not None and not pool[name].endswith("!") and rng.random() < 0.2
        lines.append(f"  {name}{pool[name]}{'!' if promises_more else ''}")
    if rng is not None:
        rng.shuffle(lines)
    return lines


def _block(kind: str, name: str, implements: list[str], lines: list[str]) -> str:
    of = f" implements {' & '.join(implements)}" if implements else ""
    return "\n".join([f"{kind} {name}{of} {{", *lines, "}"])
