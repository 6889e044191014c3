"""What makes records of stored events: each upstream's handlers, and the kinds of records that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from patchbay.inbox.model import Handler, Lookups


class Registry(Protocol):
    """Takes what upstreams declare: the inbox itself, and commands that need no more of it."""

    def register(self, upstream: str, handlers: Sequence[Handler], lookups: Sequence[Lookups] = ()) -> None:
        """See Inbox.register."""


@runtime_checkable
class Declares(Protocol):
    """An upstream whose events become something."""

    def register(self, registry: Registry) -> None:
        """Tell what they become."""


class Source(NamedTuple):
    """One upstream's."""

    upstream: str
    handlers: tuple[Handler, ...]
    kinds: tuple[str, ...]


class Sources:
    """A registry that only remembers."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}

    def register(self, upstream: str, handlers: Sequence[Handler], lookups: Sequence[Lookups] = ()) -> None:
        """See Registry."""
        self._sources[upstream] = Source(upstream, tuple(handlers), tuple(each.kind for each in lookups))

    def of(self, upstreams: Collection[str] = ()) -> list[Source]:
        """Those of these upstreams; all where none is named.

        Raises:
            ConfigurationError: nothing is made of the events of one of them.
        """
        unknown = sorted(set(upstreams) - set(self._sources))
        if unknown:
            raise ConfigurationError(f"no records are made of events of {', '.join(unknown)}")
        return [each for name, each in self._sources.items() if not upstreams or name in upstreams]
