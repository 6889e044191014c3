"""Declarations -> what is served: models, upstreams, the graph, the reports, and queries to start from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.address import parse_address
from patchbay.errors import ConfigurationError
from patchbay.importing.cache import CompiledCopies
from patchbay.importing.compile import Compiled, Description, compile_description
from patchbay.importing.declared import NOTHING, parse_declared
from patchbay.importing.model import Selection
from patchbay.importing.naming import enum_name
from patchbay.importing.project.credentials import credentials_of
from patchbay.importing.project.report import ImportReport, report_of, strict_problems
from patchbay.importing.project.sources import REST
from patchbay.importing.project.variables import variable_states
from patchbay.importing.rest import ImportedRest
from patchbay.importing.soap import ImportedSoap
from patchbay.upstreams.soap_credentials import in_http

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.model import Model
    from patchbay.importing.project.declaring import Declarations
    from patchbay.importing.project.sources import OpenApi, Wsdl

CACHE: Final = Path(".data/imports")


@dataclass(frozen=True)
class Loading:
    """How descriptions are loaded.

    Args:
        environment: where variables are read from.
        cache: the folder of compiled copies; None keeps none.
        refresh: descriptions are read anew, whatever is kept.
        strict: what cannot be mapped as it stands is an error, of every upstream.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    cache: Path | None = CACHE
    refresh: bool = False
    strict: bool = False


@dataclass(frozen=True)
class Imported:
    """One upstream that was imported.

    Args:
        source: as it was declared.
        compiled: its model, and what that took.
        upstream: what makes its calls.
    """

    source: OpenApi | Wsdl
    compiled: Compiled
    upstream: ImportedRest | ImportedSoap

    @property
    def model(self) -> Model:
        """See Model."""
        return self.compiled.model

    def report(self, environment: Mapping[str, str]) -> ImportReport:
        """What was found."""
        return report_of(
            self.model,
            self.source.location,
            variables=variable_states(self.upstream, environment),
            from_copy=self.compiled.from_copy,
            seconds=self.compiled.seconds,
        )


def description_of(name: str, source: OpenApi | Wsdl) -> Description:
    """What the importer is asked for. Raises ConfigurationError for what is declared of operations."""
    declared = NOTHING
    if source.operations:
        declared = parse_declared(source.operations, f"upstreams.{name}.operations")
    return Description(
        name,
        source.kind,
        source.location,
        selection=Selection(tuple(source.include), tuple(source.exclude)),
        declared=declared,
        credentials=_fetching_with(name, source),
    )


def _fetching_with(name: str, source: OpenApi | Wsdl) -> Any:
    """The credentials that the fetch of a description carries.

    A WSDL stands where its service is, and calls go nowhere else. An OpenAPI document may stand anywhere, so
    that the service's credentials are none for it.
    """
    said = source.description_credentials
    found = credentials_of(name, said)
    if found is None and source.kind != REST:
        found = in_http(credentials_of(name, source.credentials))
    return found


async def import_all(declarations: Declarations, loading: Loading) -> dict[str, Imported]:
    """All upstreams, by name: the documents are read side by side.

    Raises:
        ConfigurationError: with what is wrong with each of those that cannot be imported, or that may not be
            as they stand (strict).
    """
    names = list(declarations.sources)
    outcomes = await asyncio.gather(
        *(_import(name, declarations.sources[name], loading) for name in names), return_exceptions=True
    )
    problems = [str(each) for each in outcomes if isinstance(each, ConfigurationError)]
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, ConfigurationError):
            raise each
    if problems:
        raise ConfigurationError("\n".join(problems))
    imported = {name: each for name, each in zip(names, outcomes, strict=True) if isinstance(each, Imported)}
    _require_strict(imported, loading)
    return imported


async def _import(name: str, source: OpenApi | Wsdl, loading: Loading) -> Imported:
    copies = None if loading.cache is None else CompiledCopies(loading.cache)
    description = description_of(name, source)
    compiled = await compile_description(
        description, copies=copies, refresh=loading.refresh, environment=loading.environment
    )
    model = compiled.model
    if model.offered and model.excluded == model.offered:
        raise ConfigurationError(f"{name}: include and exclude leave none of its {model.offered} operations")
    return Imported(source, compiled, upstream_of(model, source, description.origin))


def upstream_of(model: Model, source: OpenApi | Wsdl, origin: str | None) -> ImportedRest | ImportedSoap:
    """What makes the calls of a model.

    Args:
        model: see Model.
        source: as it was declared.
        origin: that of the description, where it is a URL; calls go nowhere else unless the operator says so.
    """
    if source.url is not None:
        # What the operator says himself is trusted; what else a fetched document may name is not.
        model, origin = _at(model, source.url), origin and _origin(source.url)
    credentials = credentials_of(model.name, source.credentials)
    call: Any = source.call
    if source.kind == REST:
        return ImportedRest(
            model, base_url=source.url_variable, credentials=credentials, trusted_origin=origin, **call
        )
    variable = source.url_variable or f"{enum_name(model.name)}_URL"
    return ImportedSoap(model, address=variable, credentials=credentials, trusted_origin=origin, **call)


def _origin(url: str) -> str | None:
    """The origin of a URL; None where no call can go to it, which stops the start."""
    try:
        return parse_address(url).origin
    except ValueError:
        return None


def _at(model: Model, url: str) -> Model:
    """The model with another address."""
    operations = tuple(
        each
        if each.soap is None
        else msgspec.structs.replace(each, soap=msgspec.structs.replace(each.soap, address=url))
        for each in model.operations
    )
    return msgspec.structs.replace(model, servers=(url,), operations=operations)


def _require_strict(imported: Mapping[str, Imported], loading: Loading) -> None:
    problems = [
        problem
        for each in imported.values()
        if loading.strict or each.source.strict
        for problem in strict_problems(report_of(each.model, each.source.location))
    ]
    if problems:
        raise ConfigurationError("\n".join(["strict: not all of the descriptions can be mapped:", *problems]))
