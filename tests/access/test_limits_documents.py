"""Documents are measured as if their fragments were written out, and no fragment is looked at twice."""

from __future__ import annotations

import re
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from graphql import FieldNode, FragmentSpreadNode, get_introspection_query, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from patchbay.access.limits.checks import Limits, check_document
from patchbay.access.limits.measures import Measured, measured

LIMITS = Limits()
FAST_SECONDS = 0.1


class Naive:
    """Counts by writing every fragment out, each time it is spread."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.document = parse(text)
        self.fragments: dict[str, Any] = {
            node.name.value: node  # type: ignore[attr-defined] # of a fragment
            for node in self.document.definitions
            if node.kind == "fragment_definition"
        }
        self.seen: set[str] = set()
        self.repeats = 0

    def measured(self) -> Measured:
        """The same figures."""
        operations = [node for node in self.document.definitions if node.kind == "operation_definition"]
        totals = [self._definition(node) for node in operations]
        unused = [self._definition(self.fragments[name]) for name in set(self.fragments) - self.seen]
        totals += [self._definition(fragment) for fragment in self.fragments.values()]
        found = Measured(len(operations), len(self.fragments))
        for name in ("nesting", "depth", "aliases", "directives"):
            setattr(found, name, max(each[name] for each in totals))
        found.root_fields = max((each["root"] for each in totals[: len(operations)]), default=0)
        found.fields = sum(each["fields"] for each in [*totals[: len(operations)], *unused])
        found.repeats = self.repeats
        places = re.findall(r"(?: @\w+(?:\([^)]*\))?)+", self.text)
        found.directives_at_once = max((place.count("@") for place in places), default=0)
        return found

    def _definition(self, node: Any) -> Counter[str]:
        found = self._set(node.selection_set, 0, 1)
        found["directives"] += len(node.directives or ())
        self._note_repeats(node.selection_set)
        return found

    def _set(self, selection_set: Any, depth: int, nesting: int) -> Counter[str]:
        found = Counter({"nesting": nesting, "depth": depth})
        for node in selection_set.selections:
            found["fields"] += 1
            found["directives"] += len(node.directives or ())
            inner: Counter[str] = Counter()
            if isinstance(node, FieldNode):
                found["aliases"] += node.alias is not None
                found["root"] += depth == 0
                found["depth"] = max(found["depth"], depth + 1)
                if node.selection_set is not None:
                    inner = self._set(node.selection_set, depth + 1, nesting + 1)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                if fragment is not None:
                    self.seen.add(node.name.value)
                    inner = self._set(fragment.selection_set, depth, nesting + 1)
                    inner["directives"] += len(fragment.directives or ())
            else:
                inner = self._set(node.selection_set, depth, nesting + 1)
            for name in ("nesting", "depth"):
                found[name] = max(found[name], inner.pop(name, 0))
            found += inner
        return found

    def _note_repeats(self, *selection_sets: Any) -> None:
        keys: Counter[str] = Counter()
        below: list[Any] = []
        pending = list(selection_sets)
        while pending:
            for node in pending.pop().selections:
                if isinstance(node, FieldNode):
                    keys[(node.alias or node.name).value] += 1
                    below += [node.selection_set] if node.selection_set else []
                elif isinstance(node, FragmentSpreadNode):
                    keys["..." + node.name.value] += 1
                else:
                    pending.append(node.selection_set)
        self.repeats = max([self.repeats, *keys.values()])
        for each in below:
            self._note_repeats(each)


def _selections(rng: Random, usable: list[str], depth: int) -> str:
    parts = []
    for _ in range(rng.randint(1, 3)):
        directive = rng.choice(("", "", "", " @skip(if: true)", " @a @b"))
        chance = rng.random()
        if chance < 0.3 and usable:
            parts.append(f"...{rng.choice([*usable, 'Missing'])}{directive}")
        elif chance < 0.5 and depth < 4:
            parts.append(f"...{directive} {_selections(rng, usable, depth + 1)}")
        else:
            alias = rng.choice(("", "", "x: ", "y: "))
            inner = _selections(rng, usable, depth + 1) if chance > 0.75 and depth < 4 else ""
            parts.append(f"{alias}{rng.choice('abc')}{directive} {inner}")
    return "{ " + " ".join(parts) + " }"


def _document(seed: int) -> str:
    rng = Random(seed)
    names = [f"F{number}" for number in range(rng.randint(0, 4))]
    texts = [f"query Q{number} {_selections(rng, names, 0)}" for number in range(rng.randint(1, 3))]
    texts += [
        f"fragment {name} on T{rng.choice(('', ' @d'))} {_selections(rng, names[number + 1 :], 0)}"
        for number, name in enumerate(names)
    ]
    rng.shuffle(texts)
    return "\n".join(texts)


@settings(deadline=None)
@given(st.integers(0, 10**9))
def test_the_figures_are_those_of_the_document_written_out(seed: int) -> None:
    text = _document(seed)
    naive = Naive(text)
    assert measured(naive.document) == naive.measured()


def _fan(levels: int, each: str) -> str:
    """Each fragment spreads the next one twice."""
    fragments = [
        f"fragment F{level} on T {{ {each.format(level + 1, level + 1)} }}" for level in range(levels)
    ]
    return "\n".join(["{ ...F0 }", *fragments, f"fragment F{levels} on T {{ a }}"])


BOMBS = {
    "aliases": "{" + " ".join(f"a{number}: a" for number in range(101)) + "}",
    "aliases below": "{ a {" + " ".join(f"a{number}: a" for number in range(51)) + "} }",
    "aliases in fragments": _fan(6, "...F{} x: a ...F{}"),
    "root fields": "{" + " ".join(f"a{number}" for number in range(26)) + "}",
    "root fields in fragments": _fan(5, "...F{} ...F{}"),
    "duplicates": "{ a {" + "b " * 500 + "} }",
    "duplicates in inline fragments": "{ a {" + "... { b } " * 101 + "} }",
    "spreads": "{ a {" + "...F " * 500 + "} } fragment F on T { b }",
    "directives": "{ a" + " @skip(if: true)" * 51 + "}",
    "directives at one place": "{ a" + " @b" * 9 + "}",
    "directives on variables": "query(" + "$a: Int @b " * 51 + ") { a }",
    "circular": "{ ...A } fragment A on T { b { ...A } }",
    "circular by three": "{ a } fragment A on T { ...B } fragment B on T { ...C } fragment C on T { ...A }",
    "2^24": _fan(24, "...F{} ...F{}"),
    "2^24 below": "{ a " + _fan(24, "...F{} ...F{}").replace("{ ...F0 }", "{ ...F0 } }"),
    "2^200": _fan(99, "a {{ ...F{} }} b {{ ...F{} }}"),
    "depth": "{ a" * 21 + "}" * 21,
    "depth by fragments": _fan(21, "a {{ ...F{} }} ...F{}"),
    "chain": "".join(f"fragment F{number} on T {{ ...F{number + 1} }}" for number in range(240)) + "{ a }",
    "operations": " ".join(f"query Q{number} {{ a }}" for number in range(21)),
    "fragments": "{ a }" + " ".join(f"fragment F{number} on T {{ a }}" for number in range(251)),
    "one name": "{ ...F }" + " fragment F on T { a { b { c } } }" * 300,
    "list": "{ a(b: [" + "1 " * 1_001 + "]) }",
    "list in a default": "query($a: [Int] = [" + "1 " * 1_001 + "]) { a }",
    "list in a directive": "{ a @b(c: {d: [[" + "1 " * 1_001 + "]]}) }",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_at_once(name: str) -> None:
    document = parse(BOMBS[name])
    began = time.process_time()
    refused = check_document(document, LIMITS)
    assert time.process_time() - began < FAST_SECONDS
    assert refused is not None
    assert str(refused.maximum) in str(refused) or "spreads itself" in str(refused)


@pytest.mark.parametrize(
    "text",
    [
        get_introspection_query(input_value_deprecation=True, specified_by_url=True),
        "{ a { b { c } } }",
        "{" + " ".join(f"a{number}" for number in range(25)) + "}",
        "{ a {" + " ".join(f"... on T{number} {{ id }}" for number in range(100)) + "} }",
        # Components of a front end, each with what it needs.
        "{ a {" + " ".join(f"...F{number}" for number in range(240)) + "} }"
        + " ".join(f"fragment F{number} on T {{ id name b{number} {{ id }} }}" for number in range(240)),
        "{ a" + " @b" * 8 + "}",
        "fragment F on T { a }",
        "{ a } type T { a: Int }",
    ],
)  # fmt: skip
def test_what_clients_send_passes(text: str) -> None:
    assert check_document(parse(text), LIMITS) is None
