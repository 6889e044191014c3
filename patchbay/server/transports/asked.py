"""What clients ask: one operation, however it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patchbay.server.refusals import refused
from patchbay.server.transports.messages import checked_envelope, decoded_json

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""Members that name a document: of GraphQL over HTTP, and what Relay's network layers send."""


class Asked(msgspec.Struct, kw_only=True):
    """One operation, as a client asks for it.

    Args:
        query: the document's text.
        variables: by name.
        operation_name: which of the document's operations.
        extensions: of the request.
        document_id: what the document is known by, where the text is not sent.
    """

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")
    extensions: dict[str, Any] | None = None
    document_id: str | None = msgspec.field(default=None, name="documentId")


def asked_in(value: Any) -> Asked:
    """The operation in a decoded JSON object. Raises Refusal 400."""
    try:
        envelope = checked_envelope(value)
    except ValueError as error:
        raise refused(400, str(error)) from error
    try:
        asked = msgspec.convert(envelope, Asked)
    except msgspec.ValidationError as error:
        raise refused(400, f"the operation cannot be read: {error}") from error
    if asked.document_id is None and asked.query is None:
        asked.document_id = next(
            (envelope[name] for name in DOCUMENT_IDS if isinstance(envelope.get(name), str)), None
        )
    return asked


def asked_by_parameters(parameters: Mapping[str, str]) -> Asked:
    """The operation in a query string. Raises Refusal 400."""
    value: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        text = value.pop(name, None)
        if text:
            value[name] = decoded(text, f"'{name}'")
    # A parameter that is there without a value is as good as none.
    return asked_in({name: each for name, each in value.items() if each != "" or name == "query"})


def decoded(data: str | bytes, what: str = "the body") -> Any:
    """Any JSON value. Raises Refusal 400.

    Args:
        data: as it came.
        what: it is, for the refusal.
    """
    try:
        return decoded_json(data, what)
    except ValueError as error:
        raise refused(400, str(error)) from error
