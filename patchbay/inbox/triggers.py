"""Which reactions an event sets off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patchbay.errors import ConfigurationError
from patchbay.inbox.model import SetOff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patchbay.inbox.model import Change, Event
    from patchbay.reactions import Reaction


class Triggers:
    """The reactions of a graph, by what sets them off.

    Attributes:
        by_name: all of them.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Reaction[Any]] = {}
        self._by_kind: dict[str, list[Reaction[Any]]] = {}
        self._signs_ids: Mapping[str, bool] = {}

    def declare(self, reactions: Sequence[Reaction[Any]], signs_ids: Mapping[str, bool]) -> None:
        """Set these off from now on.

        Args:
            reactions: of the graph.
            signs_ids: for each webhook by name, whether its signatures cover the events' ids.

        Raises:
            ConfigurationError: two have one name, one has no steps, or one's webhook is not among those.
        """
        for reaction in reactions:
            if reaction.name in self.by_name:
                raise ConfigurationError(f"two reactions have the name {reaction.name}")
            if not reaction.steps:
                raise ConfigurationError(f"reaction {reaction.name} has no steps")
            if reaction.source not in signs_ids:
                raise ConfigurationError(
                    f"reaction {reaction.name}: its webhook {reaction.source} is not among the upstreams"
                )
            self.by_name[reaction.name] = reaction
            self._by_kind.setdefault(reaction.kind, []).append(reaction)
        self._signs_ids = signs_ids

    def read(self, event: Event, changes: Sequence[Change]) -> Iterator[SetOff]:
        """What an event sets off that brings these changes. Raises what a `when` raises.

        Nothing where it was applied before: a replay or a rebuild repeats nothing, and starts nothing late.
        """
        if event.settled_at is not None:
            return
        for change in changes:
            for reaction in self._by_kind.get(change.kind, ()):
                if change.body is None:
                    continue
                if reaction.when is None or reaction.when(reaction.input.decode(change.body)):
                    cause = self._cause(reaction, event, change)
                    yield SetOff(reaction.name, cause, change.body, tuple(reaction.steps))

    def _cause(self, reaction: Reaction[Any], event: Event, change: Change) -> str:
        """What is reacted to once. An event's id only where nobody can give its content another one."""
        if reaction.once_per == "record":
            return f"record:{change.key}"
        if self._signs_ids[event.upstream]:
            return event.event_id
        return f"sha256:{event.body_hash}"
