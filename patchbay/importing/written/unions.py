"""Values that are one of several records.

PET = OneOf({"cat": Cat, "dog": Dog}, by="petType")     told by a member
RESULT = OneOf(Article, Page)                           told by what is there
"""

from __future__ import annotations

from types import GenericAlias
from typing import Any

import msgspec


class OneOf:
    """What tells them apart.

    Args:
        records: a table by the discriminator's values, or the records themselves: then the one is meant whose
            required members are all there, and of several the one that knows most members.
        by: the discriminator's name.
    """

    def __init__(self, *records: Any, by: str = "") -> None:
        self._by = by
        table = records[0] if by else {}
        self._decoders = {name: msgspec.json.Decoder(record) for name, record in table.items()}
        self._told = [] if by else [(_members(record), msgspec.json.Decoder(record)) for record in records]

    def read(self, raw: Any) -> Any:
        """The record; a list of them for a list; None for null.

        Raises:
            msgspec.ValidationError: it is none of them.
        """
        if raw is None:
            return None
        text = bytes(raw).strip()
        if text == b"null":
            return None
        if text.startswith(b"["):
            return [self.read(each) for each in msgspec.json.decode(text, type=list[msgspec.Raw])]
        members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return (self._by_discriminator(members) if self._by else self._by_members(members)).decode(text)

    def _by_discriminator(self, members: dict[str, msgspec.Raw]) -> msgspec.json.Decoder[Any]:
        value = members.get(self._by)
        name = None if value is None else msgspec.json.decode(value)
        found = self._decoders.get(str(name))
        if found is None:
            raise msgspec.ValidationError(f"`{self._by}` names none of its kinds")
        return found

    def _by_members(self, members: dict[str, msgspec.Raw]) -> msgspec.json.Decoder[Any]:
        fitting = [
            (len(known & members.keys()), decoder)
            for (known, required), decoder in self._told
            if required <= members.keys()
        ]
        if not fitting:
            raise msgspec.ValidationError("Object is none of its kinds")
        return max(fitting, key=lambda each: each[0])[1]


def _members(record: type[msgspec.Struct]) -> tuple[frozenset[str], frozenset[str]]:
    """All names of members, and those that are required."""
    fields = msgspec.structs.fields(record)
    return (
        frozenset(each.encode_name for each in fields),
        frozenset(each.encode_name for each in fields if each.required),
    )


class Entries:
    """In the place of OneOf, for an answer that is a JSON object with any member names: a list of records.

    Args:
        record: of a key and its value.
    """

    def __init__(self, record: Any) -> None:
        self._record = record
        _, value = msgspec.structs.fields(record)
        members: Any = GenericAlias(dict, (str, value.type))
        self._decode = msgspec.json.Decoder(members | None).decode

    def read(self, raw: Any) -> Any:
        """A record for each member; None for null. Raises msgspec.ValidationError."""
        found: Any = None if raw is None else self._decode(raw)
        return None if found is None else [self._record(key, value) for key, value in found.items()]
