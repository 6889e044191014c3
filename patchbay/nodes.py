"""Relay's global object identification: `id: ID!` on every node, and `node(id:)` to read it back.

A global id is base64 of `Type:key`. Arguments that take the id of one type accept its plain key as well
("C1007"), which is what people have at hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from strawberry.relay.utils import from_base64, to_base64

from patchbay.errors import InputError, UnauthorizedFieldOrType
from patchbay.loading import load
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.batch import ByIds

_TYPE_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_MAX_ID_CHARACTERS = 512


def split_global_id(value: str) -> tuple[str, str] | None:
    """(type name, key) of a global id; None when the text is none."""
    try:
        type_name, key = from_base64(value)
    except ValueError:
        return None
    # Plain keys can happen to be valid base64; only the very text that we would issue counts.
    if not _TYPE_NAME.fullmatch(type_name) or to_base64(type_name, key) != value:
        return None
    return type_name, key


def key_argument(value: str, *, type_name: str, pattern: re.Pattern[str], argument: str = "id") -> str:
    """The key in an argument that holds a global id or a plain key.

    Args:
        value: as the client sent it.
        type_name: the GraphQL type that the argument is about.
        pattern: what keys of this type look like, as a whole.
        argument: the argument's name, for the error.

    Raises:
        InputError: it is the id of another type, or looks like no key of this one.
    """
    parts = split_global_id(value) if len(value) <= _MAX_ID_CHARACTERS else None
    if parts is not None and parts[0] != type_name:
        raise InputError(argument, f"is an id of type {parts[0]}, not {type_name}")
    key = value if parts is None else parts[1]
    if pattern.fullmatch(key) is None:
        raise InputError(argument, f"is not an id of type {type_name}")
    return key


class NodeTable:
    """Reads any node by its global id.

    Args:
        reads: GraphQL type name -> how to read it by key.
    """

    def __init__(self, reads: Mapping[str, ByIds[Any]]) -> None:
        self._reads = dict(reads)

    async def load(self, global_id: str) -> Any:
        """The record, or None when there is none.

        Raises:
            InputError: the id is malformed.
            UnauthorizedFieldOrType: the client may not see nodes of this type; nothing was read.
        """
        parts = split_global_id(global_id) if len(global_id) <= _MAX_ID_CHARACTERS else None
        if parts is None or parts[0] not in self._reads:
            raise InputError("id", "is not a global id of this graph")
        grants = current_scope().grants
        if grants is not None and grants.denies_type(parts[0]):
            raise UnauthorizedFieldOrType
        return await load(self._reads[parts[0]], parts[1])
