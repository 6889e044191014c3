"""The operations of a model, and what was recognised of them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from patchbay.importing.model.calls import Argument, ErrorAnswer, RestCall, Result, SoapCall
from patchbay.importing.model.references import TypeRef


class PagingStyle(StrEnum):
    """How pages are told apart."""

    OFFSET = "offset"
    """`position` takes how many rows to leave out."""
    PAGE = "page"
    """`position` takes the number of the page, the first being `start`."""
    CURSOR = "cursor"
    """`position` takes what the answer before had at `next`, or the `last_member` of its last row."""
    LINK = "link"
    """The answer's Link header has the address of the next page."""


class Paging(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an operation's answers are pages of one list.

    Args:
        style: see PagingStyle.
        items: member names (wire) from the answer's top to the rows; () for the answer itself.
        node: what a row is.
        position: the argument (attribute) that says where a page starts; "" for LINK.
        size: the argument (attribute) that takes how many rows a page has; "" where there is none.
        start: the first page's number.
        most: the most rows of a page, as declared; 100 where nothing is said.
        total: member names to the number of all rows; () where it is not told.
        next: member names to the cursor or address of the next page; () where there is none.
        more: member names to whether there is a next page; () where that is not told.
        last_member: of CURSOR: the wire member of the last row that is the next position.
        why: what it was recognised by, as a sentence's part; "declared" where it was not a guess.
    """

    style: PagingStyle
    items: tuple[str, ...]
    node: TypeRef
    position: str = ""
    size: str = ""
    start: int = 1
    most: int = 100
    total: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    last_member: str = ""
    why: str = ""


class Batching(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operation that takes many keys and answers a row for each that it knows.

    Args:
        argument: (attribute) that takes the keys.
        match: the row's attribute that holds the key.
        path: member names (wire) from the argument's value down to the list of keys, as ("Sku",) of
            `{"Sku": [...]}`; () where the argument is that list.
        items: member names (wire) from the answer's top to the rows.
        max_size: keys in one call.
        single: the name of the sibling that takes one key; "" where there is none.
        why: as of Paging.
        size: the argument (attribute) that takes how many rows an answer has: it is given the number of keys,
            because its default may be less; "" where there is none.
    """

    argument: str
    match: str
    items: tuple[str, ...] = ()
    max_size: int = 100
    single: str = ""
    why: str = ""
    path: tuple[str, ...] = ()
    size: str = ""


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation: a field of Query or Mutation.

    Args:
        name: of the field, unique in the model.
        id: operationId, or the WSDL's name; "" where there is none.
        is_mutation: it changes something.
        arguments: in their order.
        result: see Result.
        errors: see ErrorAnswer.
        tags: the document's.
        rest, soap: how it is called; one of the two is set.
        batching, paging: what was recognised or declared of it.
        security: names of the schemes that it needs, one tuple per alternative; () for none, None for the
            model's.
        description, deprecated: as of Field.
        pointer: where it stands: a JSON pointer, or a line of the WSDL.
    """

    name: str
    id: str
    is_mutation: bool
    arguments: tuple[Argument, ...]
    result: Result
    errors: tuple[ErrorAnswer, ...] = ()
    tags: tuple[str, ...] = ()
    rest: RestCall | None = None
    soap: SoapCall | None = None
    batching: Batching | None = None
    paging: Paging | None = None
    security: tuple[tuple[str, ...], ...] | None = None
    description: str | None = None
    deprecated: str | None = None
    pointer: str = ""
