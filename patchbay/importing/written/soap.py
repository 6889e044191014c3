"""SOAP services whose envelopes are described by a file beside the adapter.

    erp = DescribedSoap("erp", "erp.model.json", beside=__file__, credentials=UsernameToken(...))

    class StockLevel(msgspec.Struct, frozen=True):
        sku: str
        on_hand: int | None = None

    get_stock = erp.call("GetStock", StockLevel)
    stock_by_skus = erp.by_keys("GetStock", StockLevel, keys=("skus",), match="sku", max_size=50)

The file has what XML needs to know: elements, namespaces, types. A type of it becomes the record of that name
that stands in the adapter; an attribute that the record does not have is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from patchbay.errors import ConfigurationError
from patchbay.importing.model import Model
from patchbay.importing.naming import enum_name
from patchbay.importing.records import Records
from patchbay.importing.soap import ImportedSoap
from patchbay.importing.written.calls import Called
from patchbay.importing.written.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.batch import ByIds
    from patchbay.calls import CallOptions, Credentials
    from patchbay.importing.model import Operation
    from patchbay.upstreams.soap_credentials import EnvelopeCredentials


class DescribedSoap(ImportedSoap):
    """One SOAP service.

    Args:
        name: in errors, logs and health.
        file: that describes it, as `eject` wrote it.
        beside: a file in the same folder: the adapter.
        credentials: see ImportedSoap.
        options: see CallOptions.

    Raises:
        ConfigurationError: the file cannot be read.
    """

    def __init__(
        self,
        name: str,
        file: str,
        *,
        beside: str,
        credentials: Credentials | EnvelopeCredentials | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        super().__init__(
            _model(name, Path(beside).parent / file),
            address=f"{enum_name(name)}_URL",
            credentials=credentials,
            **options,
        )
        self._operations = {each.name: each for each in self.model.operations}

    def call(self, operation: str, record: Any) -> Called[Any]:
        """A call, by the field's name in the file; its result is `record`, or a list of it, for readers."""
        del record
        return Called(operation, self.name, _Late(self, self._operation(operation), _adapter()))

    def pages(self, operation: str, record: Any) -> Pages:
        """A list in pages."""
        del record
        return Pages(operation, self.name, _LatePages(self, self._operation(operation), _adapter()))

    def by_keys(
        self,
        operation: str,
        record: Any,
        *,
        keys: tuple[str, ...],
        match: str | None = None,
        max_size: int | None = None,
        items: tuple[str, ...] = (),
    ) -> ByIds[Any]:
        """A read by key; see patchbay.importing.runtime.ImportedUpstream.by_ids."""
        del record
        return self.by_ids(
            self._operation(operation),
            HandRecords(self.model, _adapter()),
            keys=keys,
            match=match,
            max_size=max_size,
            items=items,
        )

    def _operation(self, name: str) -> Operation:
        found = self._operations.get(name)
        if found is None:
            raise ConfigurationError(f"{self.name}: its description has no operation {name}")
        return found


class HandRecords(Records):
    """The records of an adapter, for the types that are called as they are; see RecordTypes.

    Args:
        model: whose types.
        adapter: what stands in the adapter, by name.
    """

    def __init__(self, model: Model, adapter: Mapping[str, Any]) -> None:
        super().__init__(model)
        self._adapter = adapter

    def struct(self, name: str, attributes: frozenset[str] | None = None) -> Any:
        """See RecordTypes. Looked up when it is needed first: the adapter is complete then."""
        for wanted in (f"{name}Record", name):
            found = self._adapter.get(wanted)
            if isinstance(found, type) and issubclass(found, msgspec.Struct):
                return _tolerant(found, {field.attribute for field in self._fields(name)})
        return super().struct(name, attributes)


def _tolerant(record: type[msgspec.Struct], attributes: set[str]) -> Any:
    """What makes the record of a type's attributes, be it that it does not have all of them."""
    known = frozenset(record.__struct_fields__)
    if attributes <= known:
        return record

    def make(**values: Any) -> Any:
        return record(**{name: value for name, value in values.items() if name in known})

    return make


class _Late:
    """A reading that is made when it is asked first."""

    def __init__(self, upstream: DescribedSoap, operation: Operation, adapter: Mapping[str, Any]) -> None:
        self._upstream = upstream
        self._operation = operation
        self._adapter = adapter
        self._made: Any = None

    async def __call__(self, arguments: Any) -> Any:
        if self._made is None:
            records = HandRecords(self._upstream.model, self._adapter)
            self._made = self._upstream.reading(self._operation, records)
        return await self._made(arguments)


class _LatePages:
    """As _Late, of pages."""

    def __init__(self, upstream: DescribedSoap, operation: Operation, adapter: Mapping[str, Any]) -> None:
        self._made: Any = None
        self._given = (upstream, operation, adapter)

    async def __call__(self, arguments: Any, first: int, after: str | None) -> Any:
        if self._made is None:
            upstream, operation, adapter = self._given
            self._made = upstream.paging(operation, HandRecords(upstream.model, adapter))
        return await self._made(arguments, first, after)


def _adapter() -> Mapping[str, Any]:
    """What stands in the file that declares an operation, now and later."""
    frame = sys._getframe(2)  # noqa: SLF001 - the standard library's own way to ask
    return frame.f_globals


def _model(name: str, path: Path) -> Model:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Model)
    except OSError as error:
        raise ConfigurationError(f"{name}: {path.name} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{name}: {path.name} is no description of this version: {error}") from error
