"""Mistakes that somebody could make in reckoning, each undone when its row has been measured.

The row measures in its own process, so these are no patches of a server's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final
from unittest.mock import patch

from graphql import value_from_ast_untyped

from patchbay.access.cost import tree as cost_tree
from patchbay.access.cost.calls import Calls
from patchbay.access.cost.guard import CostGuard
from patchbay.access.cost.tree import Selected, Tree
from patchbay.upstreams.webhook_reads import NewestRead


def lists_of_one() -> AbstractContextManager[Any]:
    """Every list counts as one item."""
    return patch.object(Selected, "size", lambda *_: 1)


def fragments_uncounted() -> AbstractContextManager[Any]:
    """What stands in fragments is left out."""
    return patch.object(Tree, "_fits", lambda *_: False)


def one_call_per_edge() -> AbstractContextManager[Any]:
    """An edge counts as one call, however many objects have it."""
    return patch.object(Calls, "most", lambda self, *_: self.number)


def fetching_unseen() -> AbstractContextManager[Any]:
    """Reads of the inbox count as if nobody were asked for what is not in it."""
    return patch.object(NewestRead, "fetches", ())


def variables_unread() -> AbstractContextManager[Any]:
    """Lengths in variables are taken for what is assumed without them."""
    return patch.object(cost_tree, "value_from_ast_untyped", _literal)


def nobody_refused() -> AbstractContextManager[Any]:
    """Operations run whatever they may cost."""
    admit = CostGuard.admit

    def lenient(self: CostGuard, *arguments: Any) -> Any:
        return admit(CostGuard(max_points=10**18, max_calls=10**18, budget=self.budget), *arguments)

    return patch.object(CostGuard, "admit", lenient)


def _literal(node: Any, variables: Any = None) -> Any:
    del variables
    return value_from_ast_untyped(node, {})


COST_MUTANTS: Final[Mapping[str, Callable[[], AbstractContextManager[Any]]]] = {
    mutant.__name__.replace("_", "-"): mutant
    for mutant in (
        lists_of_one, fragments_uncounted, one_call_per_edge, fetching_unseen, variables_unread,
        nobody_refused,
    )
}  # fmt: skip


@contextmanager
def broken(name: str | None) -> Iterator[None]:
    """Break what this mutant breaks; nothing for None."""
    with nullcontext() if name is None else COST_MUTANTS[name]():
        yield
