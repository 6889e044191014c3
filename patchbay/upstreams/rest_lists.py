"""Whole lists of a REST upstream, read without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from patchbay.calls import Call, require_success
from patchbay.selections import Selections
from patchbay.upstreams.decoding import BodyDecoder
from patchbay.upstreams.narrowing import narrowed

if TYPE_CHECKING:
    from patchbay.upstreams.rest_operations import Sender
    from patchbay.upstreams.template import Template

R = TypeVar("R")


class ListRead(Generic[R]):
    """A read of a whole list: `await countries()`, or with arguments `await countries(continent="EU")`.

    Args:
        rest: makes the call.
        template: `arguments` are the names in it.
        record: the type of a row.
        at: where the list stands in the body; None for the body itself.
    """

    def __init__(self, rest: Sender, template: Template, record: type[R], at: str | None) -> None:
        self.name = template.operation
        self.source = rest.name
        self.arguments = frozenset(template.names)
        self._rest = rest
        self._template = template
        rows: Any = list[record]  # type: ignore[valid-type] # a type made at run time
        self._decoder: BodyDecoder[list[R]] = BodyDecoder(rest.name, rows, at)

        def narrow(attributes: frozenset[str]) -> ListRead[R] | None:
            small = narrowed(record, attributes)
            return None if small is record else ListRead(rest, template, small, at)

        self._selections = Selections(narrow)

    def selecting(self, attributes: frozenset[str]) -> ListRead[R]:
        """The same read, whose records need carry these attributes only; see patchbay.batch.ByIds."""
        return self._selections.of(self, attributes)

    async def __call__(self, **arguments: object) -> list[R]:
        """The records, in the upstream's order; none where no address can hold the arguments.

        Raises:
            UpstreamBadData: the body, or any of its rows, is not what was declared; it names the row. Without
                that row the list would look complete.
            UpstreamError: the call failed. HTTP 404 is a failure too, as a list that is empty can be found.
            TypeError: an argument is missing, or the operation has no place for it.
        """
        if arguments.keys() != self.arguments:
            wrong = ", ".join(sorted(arguments.keys() ^ self.arguments))
            raise TypeError(f"{self.source}: {self.name}: missing or not taken: {wrong}")
        target = self._template.expand(arguments)
        if target is None:
            return []
        reply = await self._rest.send(Call(self.name, self._template.method, target, safe=True))
        require_success(self.source, reply)
        return self._decoder.decode(reply.body)
