"""One operation that is called with arguments, and answers with a value."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from patchbay.importing.rest.styles import NoAddress
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.calls import Reply
    from patchbay.importing.model import Operation
    from patchbay.importing.rest.answers import AnswerReader
    from patchbay.importing.rest.calls import CallPlan
    from patchbay.importing.rest.failures import Failures
    from patchbay.importing.rest.lines import Lines

NOT_THERE: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


class Caller:
    """What makes the calls of one operation, whatever is read of their answers.

    Args:
        source: the upstream's name.
        operation: of the model.
        plan: of it.
        failures: of it.
        lines: of the upstream.
    """

    __slots__ = ("failures", "lines", "name", "plan", "source")

    def __init__(
        self, source: str, operation: Operation, plan: CallPlan, failures: Failures, lines: Lines
    ) -> None:
        self.name = operation.name
        self.source = source
        self.plan = plan
        self.failures = failures
        self.lines = lines

    async def ask(self, arguments: Mapping[str, Any], query: str | None = None) -> Reply:
        """A successful answer to a question. Raises NoAddress, InputError and UpstreamError."""
        reply = await self.lines.send(self.name, self.plan.call(arguments, query))
        if reply.status != HTTPStatus.OK:
            self.failures.require_success(reply, self.lines.secrets)
        return reply

    async def find(self, arguments: Mapping[str, Any], *, is_one: bool) -> Reply | None:
        """As `ask`; None where no address leads.

        Args:
            arguments: see Reads.
            is_one: it is one thing among others that is asked for, and may not be there (HTTP 404 or 410).
        """
        try:
            call = self.plan.call(arguments)
        except NoAddress:
            return None
        reply = await self.lines.send(self.name, call)
        if reply.status != HTTPStatus.OK:
            if is_one and reply.status in NOT_THERE:
                return None
            self.failures.require_success(reply, self.lines.secrets)
        return reply

    async def change(self, arguments: Mapping[str, Any]) -> Reply:
        """A successful answer to what changes something, made once; what was loaded is forgotten.

        Raises:
            InputError: nothing was sent.
            UpstreamError: it may or may not have been carried out; only the upstream knows.
        """
        call = self.plan.write(arguments)
        try:
            reply = await self.lines.send(self.name, call)
        finally:
            # Also after a timeout or a broken connection: it may have been carried out.
            current_scope().forget()
        self.failures.require_success(reply, self.lines.secrets)
        return reply


class Reading:
    """See patchbay.importing.runtime.Reads.

    Args:
        caller: of the operation.
        reader: of its answers.
    """

    __slots__ = ("_caller", "_changes", "_is_one", "_read")

    def __init__(self, caller: Caller, reader: AnswerReader) -> None:
        self._caller = caller
        self._read = reader.read
        self._changes = caller.plan.is_mutation
        # What stands at an address without parts that change is not missing, unless something is wrong.
        self._is_one = caller.plan.target.has_places

    async def __call__(self, arguments: Mapping[str, Any]) -> Any:
        """The value; None where the upstream does not know what is asked for. Raises as Caller does."""
        if self._changes:
            return self._read(await self._caller.change(arguments))
        reply = await self._caller.find(arguments, is_one=self._is_one)
        return None if reply is None else self._read(reply)
