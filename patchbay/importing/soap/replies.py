"""From a reply's bytes to what an operation answers, or to the fault that it holds.

Replies are read under strict rules: no document type, and nothing outside of them is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lxml import etree

from patchbay.calls import require_success
from patchbay.errors import UpstreamBadData, UpstreamError
from patchbay.importing.model import BodyKind
from patchbay.importing.soap.attachments import parts_of
from patchbay.importing.soap.faults import FaultReader, fault_in
from patchbay.importing.soap.message import Message, Wrong
from patchbay.importing.soap.names import ENVELOPES, local
from patchbay.importing.soap.places import ResultPlace
from patchbay.importing.soap.readers import Readers
from patchbay.upstreams.soap_xml import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patchbay.calls import Reply
    from patchbay.importing.model import Operation, SoapCall
    from patchbay.importing.runtime import RecordTypes

MAX_TAGS: Final = 250_000
"""Half of it is how many elements a reply may have."""

_ENVELOPES: Final = frozenset(ENVELOPES.values())


class ReplyReader:
    """Reads the replies of one operation.

    Args:
        source: the upstream's name.
        operation: of the model.
        call: how it is called.
        records: of the model.
        place: what is read; None for the operation's result.
        withheld: texts that no client may see, not even in an error.
    """

    def __init__(
        self,
        source: str,
        operation: Operation,
        call: SoapCall,
        records: RecordTypes,
        place: ResultPlace | None = None,
        withheld: Sequence[str] = (),
    ) -> None:
        self._source = source
        self._call = call
        self._is_nothing = operation.result.kind is BodyKind.NOTHING
        self._faults = FaultReader(source, records.model, operation.errors, withheld)
        readers = Readers(records, encoded=call.encoded)
        self._place = place or ResultPlace(call.result_path, operation.result.type)
        self._read = self._place.reader(readers, call)

    def read(self, reply: Reply) -> Any:
        """What the operation answers. An UpstreamBadData stands in it where a single value is wrong.

        Args:
            reply: of any status.

        Raises:
            SoapFault: the reply holds a fault.
            UpstreamBadData: it is not what was declared.
            UpstreamError: its status says no, and there is no fault that says why.
        """
        try:
            return self._answer(reply)
        except UpstreamError:
            raise
        except Wrong as wrong:
            raise UpstreamBadData(self._source, wrong.problem, self._place.prefix) from wrong
        except RecursionError as error:
            raise UpstreamBadData(self._source, "nested too deep") from error
        except (ValueError, LookupError, etree.LxmlError) as error:
            require_success(self._source, reply)
            raise UpstreamBadData(self._source, "not a reply that its WSDL describes") from error

    def _answer(self, reply: Reply) -> Any:
        if not reply.body.strip() and (self._call.one_way or self._is_nothing):
            require_success(self._source, reply)
            return True
        content, attachments = parts_of(reply.body, reply.headers.get("content-type", ""))
        envelope = parsed(content.lstrip(), MAX_TAGS)
        body = _body(envelope)
        message = Message(envelope, attachments, source=self._source, encoded=self._call.encoded)
        fault = fault_in(body)
        if fault is not None:
            error = self._faults.read(fault, message)
            if error is not None:
                raise error
            require_success(self._source, reply)
            raise UpstreamBadData(self._source, "a SOAP fault without a code")
        require_success(self._source, reply)
        if self._is_nothing:
            return True
        top = self._top(body)
        try:
            return self._read(top, message)
        except Wrong:
            again = Message(
                envelope, attachments, source=self._source, encoded=self._call.encoded, repairs=True
            )
            again.place += self._place.path
            return self._read(top, again)

    def _top(self, body: Any) -> Any:
        """The response element; the body itself where each part is an element of its own."""
        response = self._call.response
        if response.bare and not response.element:
            return body
        wanted = local(response.element)
        elements = list(body)
        for each in elements:
            if local(each.tag) == wanted:
                return each
        # In RPC style the name of the response element is not fixed.
        if not elements or not (self._call.rpc or not wanted):
            raise ValueError("not the operation's response element")
        return elements[0]


def _body(envelope: Any) -> Any:
    if local(envelope.tag) == "Envelope" and envelope.tag[1:].partition("}")[0] in _ENVELOPES:
        for child in envelope:
            if local(child.tag) == "Body":
                return child
    raise ValueError("not a SOAP envelope")
