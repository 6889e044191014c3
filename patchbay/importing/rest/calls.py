"""An operation as the calls that it comes to: compiled once, from arguments to one HTTP call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from patchbay.calls import Call
from patchbay.errors import InputError
from patchbay.importing.model import BodyKind, Place
from patchbay.importing.rest.bodies import BodyPlan
from patchbay.importing.rest.headers import HeaderPlan, can_send, is_header_text
from patchbay.importing.rest.styles import NoAddress
from patchbay.importing.rest.targets import TargetPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.model import Operation, RestCall
    from patchbay.importing.rest.numbers import Numbers

_JSON: Final = "application/json"


class CallPlan:
    """What makes the calls of one operation.

    Args:
        operation: of a REST model.
        rest: how it is called.
        numbers: of the model.

    Attributes:
        name: for logs and counters, as in "GET /orders/{id}".
        is_mutation: see Operation.
        target: its addresses.
    """

    __slots__ = ("_body", "_headers", "_is_safe", "_method", "_plain", "is_mutation", "name", "target")

    def __init__(self, operation: Operation, rest: RestCall, numbers: Numbers) -> None:
        arguments = operation.arguments
        self.name = f"{rest.method} {rest.path}"
        self.is_mutation = operation.is_mutation
        self.target = TargetPlan(rest.path, arguments)
        self._method = rest.method
        self._is_safe = not operation.is_mutation
        always = {name: value for name, value in rest.headers if can_send(name) and is_header_text(value)}
        fixed = always | _accept(operation, rest)
        self._headers = HeaderPlan(arguments, fixed, rest.idempotency_header)
        bodies = [each for each in arguments if each.place is Place.BODY]
        has_body = rest.body is not None and rest.body.kind is not BodyKind.NOTHING and bodies
        self._body = BodyPlan(rest.body, bodies[0], numbers) if has_body and rest.body else None
        places = (Place.HEADER, Place.COOKIE)
        is_plain = self._body is None and not any(each.place in places for each in arguments)
        self._plain = (fixed or None,) if is_plain else None

    def call(self, arguments: Mapping[str, Any], query: str | None = None) -> Call:
        """The call for these arguments (attribute -> value as on the wire).

        Args:
            arguments: see patchbay.importing.runtime.Reads.
            query: an encoded query in place of the operation's.

        Raises:
            NoAddress: nothing can be there.
            InputError: an argument cannot be sent.
        """
        target = self.target.expand(arguments, query)
        if self._plain is not None:
            return Call(self.name, self._method, target, self._plain[0], None, self._is_safe)
        headers = self._headers.headers(arguments)
        written = None if self._body is None else self._body.written(arguments)
        content = None
        if written is not None:
            content, headers["Content-Type"] = written
        return Call(self.name, self._method, target, headers or None, content, self._is_safe)

    def write(self, arguments: Mapping[str, Any]) -> Call:
        """As `call`, for what must not end without a word. Raises InputError for a value without address."""
        try:
            return self.call(arguments)
        except NoAddress:
            raise InputError(self._wrong(arguments), "cannot be part of an address") from None

    def _wrong(self, arguments: Mapping[str, Any]) -> str:
        """The name of the argument that no address can hold."""
        return self.target.unspeakable(arguments)


def _accept(operation: Operation, rest: RestCall) -> dict[str, str]:
    """The Accept header; nothing where anything will do."""
    asked = rest.accept
    if not asked and operation.result.kind is BodyKind.JSON:
        asked = _JSON
    return {"Accept": asked} if asked and is_header_text(asked) else {}
