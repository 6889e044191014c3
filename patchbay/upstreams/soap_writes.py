"""The operations of a SOAP upstream that change something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from patchbay.cached.changes import forget_changed
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from patchbay.cached.changes import Forgets
    from patchbay.upstreams.idempotency import KeyPlace
    from patchbay.upstreams.soap_rows import Rows

R = TypeVar("R")


class SoapWrite(Generic[R]):
    """Changes something: `await write(Sku="A", Quantity=2)`. What the operation has loaded is forgotten.

    Attributes:
        idempotent: it takes idempotency keys, and may be repeated with the same one.
    """

    def __init__(
        self,
        source: str,
        operation: str,
        call: Callable[..., Any],
        rows: Rows[R],
        key_place: KeyPlace,
        forgets: Forgets = (),
    ) -> None:
        self.name = operation
        self.source = source
        self.idempotent = key_place.name is not None
        self._call = call
        self._rows = rows
        self._key_place = key_place
        self._forgets = forgets

    async def __call__(self, *, idempotency_key: str | None = None, **arguments: object) -> R:
        """The answer's record.

        Args:
            idempotency_key: the same for each try of what must happen once, and for nothing else; 1 to 255
                visible ASCII characters.
            arguments: the members of the request element.

        Raises:
            ConfigurationError, InputError, UpstreamMisconfigured: nothing was sent, as an argument cannot be.
            SoapFault: the service says no, and why.
            UpstreamError: it may or may not have been carried out; only the upstream knows.
        """
        request = {**arguments, **self._key_place.carrying(idempotency_key, arguments)}
        try:
            record: R = await self._call(self.name, request, self._rows.one)
        finally:
            # A call that failed may have changed something all the same.
            current_scope().forget()
            await forget_changed(self._forgets, arguments)
        return record
