"""From the value that zeep reads out of a response element to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from patchbay.batch import Matched
from patchbay.keys import wire_key
from patchbay.upstreams.decoding import bad_data
from patchbay.upstreams.soap_types import UnreadableText

if TYPE_CHECKING:
    from patchbay.errors import UpstreamBadData, UpstreamError
    from patchbay.keys import WireKey

R = TypeVar("R")


class Rows(Generic[R]):
    """Reads the records at one place of a response element.

    Args:
        source: the upstream's name.
        record: a frozen msgspec struct.
        at: the place, as "Levels.Level"; None for the response element itself.
        match: the record's attributes that hold the key, or the one that does; () where there is no key.
    """

    def __init__(
        self, source: str, record: type[R], at: str | None, match: str | tuple[str, ...] = ()
    ) -> None:
        struct: Any = record
        names = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
        self.key_members = tuple(names[name] for name in ([match] if isinstance(match, str) else match))
        """The key's members as they stand in the XML."""
        self._source = source
        self._record = record
        self._path = at.split(".") if at else []
        self._place = f"$.{at}" if at else "$"
        self._composite = not isinstance(match, str)

    def one(self, response: Any) -> R:
        """The one record. Raises UpstreamBadData."""
        try:
            return self._convert(self._at(response))
        except msgspec.ValidationError as error:
            raise bad_data(self._source, error, self._place) from error

    def all(self, response: Any) -> Matched[R]:
        """The records of a list, and an error for each row that is wrong.

        Raises:
            UpstreamBadData: a wrong row does not tell its key.
        """
        rows = self._at(response)
        records: list[R] = []
        errors: dict[WireKey, UpstreamError] = {}
        for index, row in enumerate(rows if isinstance(rows, list) else [] if rows is None else [rows]):
            try:
                records.append(self._convert(row))
            except msgspec.ValidationError as error:
                wrong = bad_data(self._source, error, f"{self._place}[{index}]")
                wrong.__cause__ = error
                errors[self._key_of(row, wrong)] = wrong
        return Matched(records, errors)

    def _convert(self, value: Any) -> R:
        return msgspec.convert(value, self._record, from_attributes=True)

    def _at(self, value: Any) -> Any:
        """The value at the place; None where an element on the way there is absent or empty."""
        for member in self._path:
            value = getattr(value, member, None)
        return value

    def _key_of(self, row: Any, wrong: UpstreamBadData) -> WireKey:
        parts = tuple(getattr(row, member, None) for member in self.key_members)
        if any(part is None or isinstance(part, UnreadableText) for part in parts):
            # Nobody can say whose row this is, so nobody can be told that theirs is missing.
            raise wrong
        key: Any = parts if self._composite else parts[0]
        return wire_key(key)
