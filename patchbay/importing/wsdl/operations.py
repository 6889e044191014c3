"""Operations of the model, out of those that the ports offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patchbay.importing.model import (
    Argument,
    ErrorAnswer,
    Operation,
    Place,
    SoapCall,
    SoapMessage,
    XmlType,
)
from patchbay.importing.wsdl.fields import FieldNames, default_of, is_required, typed
from patchbay.importing.wsdl.guesses import is_read
from patchbay.importing.wsdl.messages import Binding, Messages, Shape, Unmapped
from patchbay.importing.wsdl.names import description_of, first_wsdl, qualified, wsdl_children
from patchbay.importing.wsdl.notes import line_of
from patchbay.importing.wsdl.results import NOTHING, Answer, answer_of
from patchbay.importing.wsdl.type_names import namespace_word

if TYPE_CHECKING:
    from patchbay.importing.wsdl.definitions import Found
    from patchbay.importing.wsdl.members import Member
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.ports import Offered
    from patchbay.importing.wsdl.types import Types


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The arguments of one operation, as they are gathered."""

    names: FieldNames
    found: list[Argument]


@dataclass(frozen=True, slots=True)
class Operations:
    """Maps operations, one at a time."""

    messages: Messages
    types: Types
    notes: Notes

    def mapped(self, offer: Offered, name: str) -> Operation:
        """The operation. Raises Unmapped."""
        soap = self._operation_element(offer)
        is_rpc = self._is_rpc(offer, soap)
        sent = Binding(_child(offer.bound, "input"), offer.port.soap)
        request = self._request(offer, sent, is_rpc=is_rpc)
        arguments = _Arguments(FieldNames(), [])
        for member in request.members:
            self._argument(arguments, member, Place.MESSAGE)
        self._headers(offer, sent, arguments)
        answer, one_way = self._answer(offer, is_rpc=is_rpc)
        body = sent.element("body")
        call = SoapCall(
            port=offer.port.name,
            address=offer.port.address,
            version=offer.port.version,
            action="" if soap is None else str(soap.get("soapAction", "")).strip(),
            operation=offer.name,
            request=_message(request),
            response=answer.message,
            rpc=is_rpc,
            encoded=body is not None and body.get("use", "").strip() == "encoded",
            result_path=answer.path,
            one_way=one_way,
            result_xml=answer.xml,
        )
        return Operation(
            name=name,
            id=offer.name,
            is_mutation=not is_read(offer.name),
            arguments=tuple(arguments.found),
            result=answer.result,
            errors=tuple(self._errors(offer)),
            tags=(offer.port_type.local,),
            soap=call,
            description=description_of(offer.abstract),
            pointer=line_of(offer.abstract),
        )

    def _operation_element(self, offer: Offered) -> Any | None:
        if offer.bound is None:
            return None
        return next(offer.bound.iterchildren(f"{{{offer.port.soap}}}operation"), None)

    def _is_rpc(self, offer: Offered, soap: Any | None) -> bool:
        style = "" if soap is None else str(soap.get("style", "")).strip()
        if style:
            return style == "rpc"
        if offer.bound is None:
            return self._has_typed_parts(offer)
        return offer.port.is_rpc

    def _has_typed_parts(self, offer: Offered) -> bool:
        node = first_wsdl(offer.abstract, "input")
        if node is None:
            return False
        message = self.messages.message(offer.port_type, node)
        return any(part.get("type") for part in wsdl_children(message.node, "part"))

    def _request(self, offer: Offered, sent: Binding, *, is_rpc: bool) -> Shape:
        node = first_wsdl(offer.abstract, "input")
        if node is None:
            raise Unmapped("has no input: it is sent by the service, not to it")
        if not node.get("message"):
            return self._empty(offer, node)
        message = self.messages.message(offer.port_type, node)
        return self.messages.shape(message, sent, rpc=is_rpc, operation=offer.name)

    def _empty(self, offer: Offered, node: Any) -> Shape:
        self.notes.note(offer.port_type.source, node, "names no message; taken for an empty one")
        return Shape()

    def _answer(self, offer: Offered, *, is_rpc: bool) -> tuple[Answer, bool]:
        node = first_wsdl(offer.abstract, "output")
        if node is None:
            return Answer(NOTHING, SoapMessage()), True
        if not node.get("message"):
            return answer_of(self._empty(offer, node), self.types, offer.name), False
        message = self.messages.message(offer.port_type, node)
        received = Binding(_child(offer.bound, "output"), offer.port.soap)
        shape = self.messages.shape(message, received, rpc=is_rpc, operation=f"{offer.name}Response")
        return answer_of(shape, self.types, offer.name), False

    def _argument(self, arguments: _Arguments, member: Member, place: Place, *words: str) -> None:
        one = self.types.ref(member.use, is_input=True)
        type_, xml = typed(member, one, is_input=True)
        words = (*words, "attribute" if member.attribute else namespace_word(member.namespace), "element")
        name, attribute = arguments.names.claim(member.wire or "any", *words)
        arguments.found.append(
            Argument(
                name=name,
                attribute=attribute,
                wire=member.wire or "#any",
                place=place,
                type=type_,
                required=place is Place.MESSAGE and is_required(member, type_, is_input=True),
                description=description_of(member.node),
                default=default_of(member.node, type_),
                xml=xml,
            )
        )

    def _headers(self, offer: Offered, sent: Binding, arguments: _Arguments) -> None:
        owner = offer.port.binding
        if owner is None:
            return
        for node in sent.headers():
            try:
                member = self._header(owner, node)
            except Unmapped as reason:
                self.notes.weaker(owner.source, node, f"has a header that is left out: it {reason}")
                continue
            if is_security(member):
                self.notes.note(owner.source, node, "has a security header: it is written by the credentials")
            else:
                self._argument(arguments, member, Place.SOAP_HEADER, "header")

    def _header(self, owner: Found, node: Any) -> Member:
        message = self.messages.message(owner, node)
        for part in wsdl_children(message.node, "part"):
            if part.get("name") == node.get("part"):
                return self.messages.member(message, part, by_part=False)
        raise Unmapped(f"refers to the part {node.get('part')} of a message, which is not there")

    def _fault(self, owner: Found, node: Any) -> Member:
        message = self.messages.message(owner, node)
        part = first_wsdl(message.node, "part")
        if part is None:
            raise Unmapped("has a message without a part")
        return self.messages.member(message, part, by_part=False)

    def _errors(self, offer: Offered) -> list[ErrorAnswer]:
        found = []
        for node in wsdl_children(offer.abstract, "fault"):
            try:
                member = self._fault(offer.port_type, node)
            except Unmapped as reason:
                self.notes.weaker(offer.port_type.source, node, f"has a fault that is left out: it {reason}")
                continue
            found.append(
                ErrorAnswer(
                    status=node.get("name", "").strip() or member.wire,
                    type=self.types.ref(member.use, is_input=False),
                    description=description_of(node),
                    xml_name=qualified(member.namespace, member.wire),
                )
            )
        return found


def is_security(member: Member) -> bool:
    """Whether a header is WS-Security's, in any of its versions."""
    return member.wire == "Security" and ("secext" in member.namespace or "wss" in member.namespace)


def _message(shape: Shape) -> SoapMessage:
    if shape.content is None or shape.top is None:
        return SoapMessage(shape.element, None, shape.bare)
    return SoapMessage(shape.element, XmlType(shape.top.name, ordered=shape.content.ordered), shape.bare)


def _child(bound: Any | None, local: str) -> Any | None:
    return None if bound is None else first_wsdl(bound, local)
