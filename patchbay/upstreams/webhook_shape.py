"""What is declared of a webhook's records, and their way into the inbox and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

import msgspec

from patchbay.attributes import Attribute, attribute, value_at
from patchbay.errors import ConfigurationError
from patchbay.inbox import Change, EventFailed, Lookup, Lookups
from patchbay.inbox.ranks import rank
from patchbay.upstreams.decoding import DECODE_ERRORS, bad_data

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

R = TypeVar("R", bound=msgspec.Struct)

MAX_KEY_CHARACTERS = 255
_MAX_INTEGER = 2**63 - 1


class Gone(msgspec.Struct, frozen=True):
    """What `build` answers for an event that deletes a record.

    Args:
        key: of the record.
        version: of the deletion; an older version of the record that comes later does not bring it back.
    """

    key: str | int
    version: int


class RecordShape(Generic[R]):
    """What is declared of one type of record.

    Args:
        upstream: whose records.
        record, key, version, lookups, filters, orders, as_of: see Webhook.records.

    Attributes:
        kind: what the inbox calls them.
        filters, orders: path -> attribute.

    Raises:
        ConfigurationError: the declaration contradicts the record.
    """

    def __init__(  # noqa: PLR0913 - named, and most of them have defaults
        self,
        upstream: str,
        record: type[R],
        *,
        key: str,
        version: str,
        lookups: Sequence[str] = (),
        filters: Sequence[str] = (),
        orders: Sequence[str] = (),
        as_of: str | None = None,
    ) -> None:
        require_frozen(upstream, record)
        self.kind = f"{upstream}.{record.__name__}"
        self.source = upstream
        self.record = record
        self.key = key
        self.lookups = tuple(lookups)
        for name in (key, version, *self.lookups, *([as_of] if as_of else ())):
            if name not in record.__struct_fields__:
                raise ConfigurationError(f"{upstream}: {record.__name__} has no attribute '{name}'")
        self.filters = _attributes(upstream, record, filters, as_of)
        self.orders = _attributes(upstream, record, orders, as_of)
        self.decoder = msgspec.json.Decoder(record)
        self._version = version
        self._as_of = as_of
        self._as_of_member = None if as_of is None else _filled_member(upstream, record, as_of)
        self._kept = tuple(dict.fromkeys((*self.lookups, *self.filters, *self.orders)))

    @property
    def declared(self) -> Lookups:
        """What the inbox must know to rebuild the lookups of stored records."""
        return Lookups(self.kind, self._kept, self._stored_lookups)

    def change_of(self, built: R | Gone) -> Change:
        """The change that a version of a record is. Raises EventFailed when it is not what was declared."""
        if isinstance(built, Gone):
            return Change(self.kind, self._key(built.key, self.key), _version(built.version, "version"), None)
        # msgspec does not check what a constructor is given. Decoding does, and shows what reads will get.
        body = self._encode(built)
        try:
            record = self.decoder.decode(body)
        except DECODE_ERRORS as error:
            raise EventFailed(str(bad_data(f"built {type(built).__name__}", error))) from error
        version = _version(getattr(record, self._version), self._version)
        key = self._key(getattr(record, self.key), self.key)
        return Change(self.kind, key, version, body, self._lookups_of(record))

    def read(self, body: bytes, as_of: float) -> R:
        """A stored record. Raises DECODE_ERRORS.

        Args:
            body: as a change holds it.
            as_of: epoch seconds, see StoredRecord.
        """
        record = self.decoder.decode(body)
        if self._as_of is None:
            return record
        return msgspec.structs.replace(record, **{self._as_of: datetime.fromtimestamp(as_of, UTC)})

    def _encode(self, built: R) -> bytes:
        body = msgspec.json.encode(built)
        if self._as_of_member is None:
            return body
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        members.pop(self._as_of_member, None)
        return msgspec.json.encode(members)

    def _key(self, value: Any, name: str) -> str:
        key = _key_text(value, name)
        if key is None:
            raise EventFailed(f"{name} is missing")
        return key

    def _lookups_of(self, record: R) -> tuple[Lookup, ...]:
        found = (self._lookup(path, value_at(record, path)) for path in self._kept)
        return tuple(each for each in found if each is not None)

    def _lookup(self, path: str, value: Any) -> Lookup | None:
        if path in self.lookups:
            _key_text(value, path)
        if value is None:
            return None
        try:
            ranked = rank(value)
        except OverflowError as error:
            if path in self.filters or path in self.orders:
                raise EventFailed(f"{path} is not a 64-bit integer") from error
            ranked = str(value)
        if ranked is None:
            return None
        # The same whatever the attribute is declared for: lookups are rebuilt for other names only.
        text = str(value) if type(value) in (str, int) else ranked
        return Lookup(path, _short(text, path), ranked)

    def _stored_lookups(self, body: bytes) -> tuple[Lookup, ...] | None:
        try:
            return self._lookups_of(self.decoder.decode(body))
        except (*DECODE_ERRORS, EventFailed):
            # Of another shape than today's: reads by key say so, and its next version brings it right.
            return None


def require_frozen(upstream: str, type_: Any) -> None:
    """Raises ConfigurationError where it is no frozen msgspec struct."""
    if not (issubclass(type_, msgspec.Struct) and type_.__struct_config__.frozen):
        raise ConfigurationError(f"{upstream}: {type_.__name__} must be a frozen msgspec struct")


def _attributes(
    upstream: str, record: Any, paths: Sequence[str], as_of: str | None
) -> Mapping[str, Attribute]:
    if as_of in paths:
        raise ConfigurationError(f"{upstream}: '{as_of}' is not stored in {record.__name__}")
    return {path: attribute(upstream, record, path) for path in paths}


def _filled_member(upstream: str, record: Any, name: str) -> str:
    """The JSON member of the attribute that is filled in. Raises ConfigurationError."""
    field = next(field for field in msgspec.structs.fields(record) if field.name == name)
    is_filled = field.default is None and {datetime, type(None)} == set(get_args(field.type))
    if not is_filled or record.__struct_config__.array_like:
        raise ConfigurationError(
            f"{upstream}: '{name}' of {record.__name__} must be 'datetime | None = None', to be filled in"
        )
    member: str = field.encode_name
    return member


def _version(value: Any, name: str) -> int:
    if type(value) is not int or not -_MAX_INTEGER <= value <= _MAX_INTEGER:
        raise EventFailed(f"{name} is not a 64-bit integer")
    return value


def _key_text(value: Any, name: str) -> str | None:
    if value is None:
        return None
    # bool is an int to isinstance, and no key.
    if type(value) not in (str, int):
        raise EventFailed(f"{name} is neither text nor an integer")
    key = str(value)
    if not key:
        raise EventFailed(f"{name} must have 1 to {MAX_KEY_CHARACTERS} characters, none of them NUL")
    return _short(key, name)


def _short(text: str, name: str) -> str:
    # PostgreSQL has no NUL in text, and an index of either database no long one.
    if len(text) > MAX_KEY_CHARACTERS or "\0" in text:
        raise EventFailed(f"{name} must have 1 to {MAX_KEY_CHARACTERS} characters, none of them NUL")
    return text
