"""What an import found, for people and for machines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from patchbay.importing.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patchbay.importing.model import Model, Operation, Problem

SEVERITIES: Final = {Severity.LEFT_OUT: "left out", Severity.WEAKER: "weaker", Severity.NOTE: "note"}
"""As people read them."""


class VariableState(msgspec.Struct, frozen=True):
    """A variable of the upstream's. `needed`: it does not start without; `given`: it has a value."""

    name: str
    purpose: str
    needed: bool
    given: bool


class Guess(msgspec.Struct, frozen=True):
    """What was recognised of an operation.

    Args:
        operation: its name.
        what: the guess, as in "takes up to 100 ids at once".
        why: what it was recognised by.
        override: the line of patchbay.toml that turns it off.
    """

    operation: str
    what: str
    why: str
    override: str


class Trouble(msgspec.Struct, frozen=True):
    """One reason, and each place where it holds: file with a JSON pointer or a line."""

    severity: Severity
    reason: str
    places: tuple[str, ...]


class ImportReport(msgspec.Struct, frozen=True):
    """What one upstream's import found.

    Args:
        name, kind, title, version: of the upstream and its document.
        location: of the document.
        address: where calls go; None where neither the document nor a variable tells.
        offered: operations of the document.
        excluded: left out on purpose.
        queries, mutations: that are served.
        types: names that its operations reach.
        variables: see VariableState.
        batches, pages, edges: see Guess.
        troubles: see Trouble.
        from_copy: whether the compiled copy was used.
        seconds: that it took.
    """

    name: str
    kind: str
    title: str
    version: str
    location: str
    address: str | None
    offered: int
    excluded: int
    queries: int
    mutations: int
    types: int
    variables: tuple[VariableState, ...]
    batches: tuple[Guess, ...]
    pages: tuple[Guess, ...]
    edges: tuple[Guess, ...]
    troubles: tuple[Trouble, ...]
    from_copy: bool = False
    seconds: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left out or made weaker: what --strict asks for."""
        return all(each.severity is Severity.NOTE for each in self.troubles)


def report_of(
    model: Model,
    location: str,
    *,
    variables: tuple[VariableState, ...] = (),
    from_copy: bool = False,
    seconds: float = 0.0,
) -> ImportReport:
    """The report of one model.

    Args:
        model: what was made of the description.
        location: of the description.
        variables: that the upstream reads.
        from_copy, seconds: see ImportReport.
    """
    mutations = sum(each.is_mutation for each in model.operations)
    return ImportReport(
        name=model.name,
        kind=model.kind,
        title=model.title,
        version=model.version,
        location=location,
        address=_address(model),
        offered=model.offered,
        excluded=model.excluded,
        queries=len(model.operations) - mutations,
        mutations=mutations,
        types=len(model.types),
        variables=variables,
        batches=tuple(_batches(model)),
        pages=tuple(_pages(model)),
        edges=tuple(
            Guess(each.operation, f"is the field {each.field} of {each.type}", each.why, "")
            for each in model.edges
        ),
        troubles=tuple(_troubles(model.problems)),
        from_copy=from_copy,
        seconds=round(seconds, 3),
    )


def strict_problems(report: ImportReport) -> list[str]:
    """A line for each thing that was left out or made weaker."""
    return [
        f"{report.name}: {SEVERITIES[each.severity]}: {each.reason} ({place})"
        for each in report.troubles
        if each.severity is not Severity.NOTE
        for place in each.places
    ]


def _address(model: Model) -> str | None:
    if model.servers:
        return model.servers[0]
    addresses = [each.soap.address for each in model.operations if each.soap is not None]
    return next(filter(None, addresses), None)


def _batches(model: Model) -> Iterator[Guess]:
    for operation in model.operations:
        batching = operation.batching
        if batching is not None:
            argument = _argument_name(operation, batching.argument)
            of = f", as {batching.single} takes one" if batching.single else ""
            what = f"takes up to {batching.max_size} {argument} at once{of}"
            yield Guess(operation.name, what, batching.why, _override(model, operation, "batch"))


def _pages(model: Model) -> Iterator[Guess]:
    for operation in model.operations:
        paging = operation.paging
        if paging is not None:
            by = _argument_name(operation, paging.position) if paging.position else "the Link header"
            what = f"has pages by {paging.style} ({by}), at most {paging.most} rows each"
            yield Guess(operation.name, what, paging.why, _override(model, operation, "paging"))


def _argument_name(operation: Operation, attribute: str) -> str:
    return next((each.name for each in operation.arguments if each.attribute == attribute), attribute)


def _override(model: Model, operation: Operation, what: str) -> str:
    return f"[upstreams.{model.name}.operations.{operation.name}] {what} = false"


def _troubles(problems: Sequence[Problem]) -> Iterator[Trouble]:
    """Grouped by severity and reason, the most frequent reason first."""
    places: dict[tuple[Severity, str], list[str]] = {}
    for problem in problems:
        at = f" {problem.at}" if problem.at else ""
        places.setdefault((problem.severity, problem.reason), []).append(f"{problem.file}{at}")
    counts = Counter({key: len(each) for key, each in places.items()})
    order = list(Severity)
    for severity, reason in sorted(counts, key=lambda key: (order.index(key[0]), -counts[key])):
        yield Trouble(severity, reason, tuple(places[severity, reason]))
