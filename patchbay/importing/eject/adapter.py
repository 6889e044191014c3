"""The adapter of an ejected REST upstream: docstring, upstream, records, operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.calls import Quota
from patchbay.importing.eject.annotations import WRITTEN
from patchbay.importing.eject.credentials import as_declared, said_credentials
from patchbay.importing.eject.imports import Imports
from patchbay.importing.eject.operations import Operations
from patchbay.importing.eject.python import Expression, Text, call, filled, laid_out
from patchbay.importing.eject.reach import decoded
from patchbay.importing.eject.records import Records
from patchbay.importing.naming import enum_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patchbay.importing.eject.annotations import Annotations
    from patchbay.importing.eject.names import Names
    from patchbay.importing.model import Model

_WIDTH = 110


class Adapter:
    """Writes it.

    Args:
        model: whose.
        names: of it.
        annotations: of it.
        location: of the description.
        options: of its calls, as patchbay.toml said them: see CallOptions.
        credentials: as patchbay.toml said them; None for what the model says.
    """

    def __init__(
        self,
        model: Model,
        names: Names,
        annotations: Annotations,
        location: str,
        options: Mapping[str, object],
        credentials: object = None,
    ) -> None:
        self._model = model
        self._names = names
        self.imports = Imports()
        self._location = location
        self._options = options
        self._credentials = said_credentials(model) if credentials is None else as_declared(credentials)
        self._records = Records(decoded(model), names, annotations, self.imports)
        self.operations = Operations(model, names, annotations, self.imports)

    def docstring(self) -> list[str]:
        """What it is, whose, and how it is called."""
        model = self._model
        title = " ".join(filter(None, (model.title, model.version))) or model.name
        name = model.name[:1].upper() + model.name[1:].replace("_", " ")
        facts = {
            "Kind": self._kind(),
            "Owner": f"whoever answers for {title}",
            "Docs": self._location,
            "Auth": self._credentials.what,
            "Quota": self._quota(),
            "Errors": self._errors(),
        }
        lines = [f'"""{_line(f"{name}: {title}")}.', ""]
        for key, value in facts.items():
            first, *rest = filled(_line(f"{key}: {value}."), _WIDTH)
            lines += [first, *(f"    {each}" for line in rest for each in filled(line, _WIDTH - 4))]
        return [*lines, '"""']

    def blocks(self) -> list[list[str]]:
        """The file's blocks of lines, behind its imports."""
        upstream = self._upstream()
        records = list(self._records.blocks())
        return [upstream, *records, *filter(None, [self._operations()])]

    def _kind(self) -> str:
        if self._model.kind == "rest":
            return "REST, as its OpenAPI document describes it"
        versions = sorted(
            {str(each.soap.version) for each in self._model.operations if each.soap is not None}
        )
        return (
            f"SOAP {' and '.join(versions)}, as {self._model.name}.model.json says, which is made of its WSDL"
        )

    def _quota(self) -> str:
        quota = self._options.get("quota")
        return f"{quota.calls} calls in {quota.seconds:g} s" if isinstance(quota, Quota) else "none published"

    def _errors(self) -> str:
        statuses = {each.status for operation in self._model.operations for each in operation.errors}
        return ", ".join(sorted(statuses)) or "as HTTP has them"

    def _upstream(self) -> list[str]:
        said = self._credentials
        for module, name in said.imports:
            self.imports.add(module, name)
        options: dict[str, Expression | None] = {}
        for key, value in self._options.items():
            self.imports.add("patchbay.calls", type(value).__name__)
            options[key] = repr(value)
        if self._model.kind == "soap":
            self.imports.add(WRITTEN, "DescribedSoap")
            soap = call(
                "DescribedSoap",
                Text(self._model.name),
                Text(f"{self._model.name}.model.json"),
                beside="__file__",
                credentials=said.value,
                **options,
            )
            return laid_out(f"{self._model.name} = ", soap)
        self.imports.add("patchbay.upstreams", "Rest")
        value = call(
            "Rest",
            Text(self._model.name),
            base_url=Text(f"{enum_name(self._model.name)}_URL"),
            credentials=said.value,
            **options,
        )
        return laid_out(f"{self._model.name} = ", value)

    def _operations(self) -> list[str]:
        return [line for each in self._said() for line in each]

    def _said(self) -> Iterator[list[str]]:
        for operation in self._model.operations:
            name = self._names.operation(operation.name)
            batch = self.operations.batch(operation)
            if batch is not None:
                yield laid_out(f"{batch[0]} = ", batch[1])
            yield laid_out(f"{name} = ", self.operations.said(operation))


def _line(text: str) -> str:
    """On one line, as a docstring can hold it."""
    return " ".join(text.replace("\\", "/").replace('"""', "'''").split())
