"""Whole lists of a REST upstream: from arguments to one HTTP call, and from its reply to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from patchbay.calls import Call, require_success

if TYPE_CHECKING:
    from patchbay.upstreams.decoding import BodyDecoder
    from patchbay.upstreams.rest_operations import Sender
    from patchbay.upstreams.template import Template

R = TypeVar("R")


class ListFetch(Generic[R]):
    """One call for a whole list."""

    def __init__(self, rest: Sender, template: Template, decoder: BodyDecoder[list[R]]) -> None:
        self._rest = rest
        self._template = template
        self._decoder = decoder

    async def fetch(self, **arguments: object) -> list[R]:
        """The records, in the upstream's order; none where no address can hold the arguments.

        Raises:
            UpstreamBadData: the body, or any of its rows, is not what was declared; it names the row.
            UpstreamError: the call failed. HTTP 404 is a failure too, as a list that is empty can be found.
        """
        target = self._template.expand(arguments)
        if target is None:
            return []
        call = Call(self._template.operation, self._template.method, target, safe=True)
        reply = await self._rest.send(call)
        require_success(self._rest.name, reply)
        return self._decoder.decode(reply.body)
