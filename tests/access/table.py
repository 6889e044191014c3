"""The table of who may see what on which way (authorization.yaml), as cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

_TABLE: Final[dict[str, Any]] = msgspec.yaml.decode(
    Path(__file__).with_name("authorization.yaml").read_bytes()
)

ROLES: Final[dict[str, dict[str, Any]]] = _TABLE["roles"]
"""Role -> what it has proven; see tests.access.asking.identity."""

CODE: Final = "UNAUTHORIZED_FIELD_OR_TYPE"


@dataclass(frozen=True)
class Case:
    """One operation, asked by every role.

    Args:
        name: in words.
        query, variables, operation: what is asked.
        holds: a text in the answers of those who may see what it is about, and in no other.
        streams: whether results come one after the other.
        others_fail: whether something else in the answer may be denied to those who see this.
    """

    name: str
    query: str
    holds: str
    variables: Mapping[str, Any] | None
    operation: str | None
    streams: bool
    others_fail: bool
    _sees: frozenset[str]
    _calls: Mapping[str, Mapping[str, int]]

    def sees(self, role: str) -> bool:
        """Whether the role sees what it is about."""
        return role in self._sees

    def calls(self, role: str) -> Mapping[str, int]:
        """What is called for the role, and how often."""
        return self._calls[role]


def cases() -> Iterator[Case]:
    """All of them."""
    for path, way in _TABLE["paths"].items():
        for field, what in _TABLE["fields"].items():
            yield _by_path(f"{path}: {field}", way, what)
    for operation in _TABLE["operations"]:
        yield _whole(operation)


def _named(roles: Any) -> frozenset[str]:
    return frozenset(ROLES if roles == "all" else roles)


def _by_path(name: str, way: Mapping[str, Any], what: Mapping[str, Any]) -> Case:
    arrives = _named(way.get("only", "all"))
    sees = _named(what["sees"]) & arrives
    # Each event of a subscription, and each row that comes by itself, is read by itself.
    times = way.get("events", 3 if "per row" in way else 1)

    def calls(role: str) -> Mapping[str, int]:
        below = what.get("calls" if role in sees else "calls when denied", {})
        found = Counter(way["calls"])
        found.update({read: count * times for read, count in below.items()})
        return found if role in arrives else {}

    return Case(
        name,
        way["query"].replace("FIELD", what["select"]),
        what["holds"],
        way.get("variables"),
        way.get("operation"),
        "streams" in way,
        "others fail" in way,
        sees,
        {role: calls(role) for role in ROLES},
    )


def _whole(operation: Mapping[str, Any]) -> Case:
    sees = _named(operation["sees"])
    untouched = operation.get("untouched by", ())

    def calls(role: str) -> Mapping[str, int]:
        if role in sees:
            return dict(operation["calls"])
        return {} if role in untouched else dict(operation.get("calls when denied", {}))

    return Case(
        operation["query"],
        operation["query"],
        operation["holds"],
        None,
        None,
        "streams" in operation,
        "others fail" in operation,
        sees,
        {role: calls(role) for role in ROLES},
    )
