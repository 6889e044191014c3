"""One description -> its model: from the compiled copy where that is still good, else from the documents.

compiled = await compile_description(Description("shop", REST, "shop.openapi.yaml"), copies=copies)
model = compile_offline(Description("erp", SOAP, "erp.wsdl"))      # files alone, in this thread
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import msgspec

from patchbay.address import parse_address
from patchbay.calls import Resources
from patchbay.collector import paused_collector
from patchbay.environment import Environment
from patchbay.importing.cache import Wanted
from patchbay.importing.declared import NOTHING, Declared
from patchbay.importing.documents import open_documents
from patchbay.importing.documents.fetching import in_thread
from patchbay.importing.documents.sources import beside, is_url
from patchbay.importing.documents.store import digest
from patchbay.importing.model import Model, Selection
from patchbay.importing.openapi.compile import compile_openapi
from patchbay.importing.wsdl import compile_wsdl, files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patchbay.calls import Credentials
    from patchbay.importing.cache import CompiledCopies
    from patchbay.importing.documents import Fetch

REST: Final = "rest"
SOAP: Final = "soap"

EVERYTHING: Final = Selection()


@dataclass(frozen=True)
class Description:
    """What is to be imported.

    Args:
        name: of the upstream.
        kind: REST for OpenAPI, SOAP for a WSDL.
        location: a path, or an http(s) URL.
        selection: which of its operations are wanted.
        declared: what is said of operations, in place of guesses.
        credentials: sent when the description is fetched by URL; None where everyone may read it.
        folder: in which (and below) a file's further files may lie; None as folder_of says.
    """

    name: str
    kind: str
    location: str
    selection: Selection = EVERYTHING
    declared: Declared = NOTHING
    credentials: Credentials | None = None
    folder: Path | None = None

    @property
    def origin(self) -> str | None:
        """The origin that a URL is on, which alone calls may go to unless the operator says so."""
        return parse_address(self.location).origin if is_url(self.location) else None

    @property
    def wanted(self) -> Wanted:
        """What a compiled copy of it is called."""
        settings = msgspec.json.encode(self.declared, order="deterministic").decode()
        return Wanted(self.name, self.location, self.selection, f"{self.kind} {settings}")


@dataclass(frozen=True)
class Compiled:
    """A model, and what it took.

    Args:
        model: see Model.
        from_copy: nothing was fetched or parsed for it.
        seconds: on the clock.
    """

    model: Model
    from_copy: bool
    seconds: float


@dataclass(frozen=True)
class Reach:
    """What fetching a description needs of a server: see patchbay.upstreams.base.Surroundings."""

    environment: Environment
    resources: Resources = field(default_factory=Resources)


async def compile_description(
    description: Description,
    *,
    copies: CompiledCopies | None = None,
    refresh: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Compiled:
    """The model of a description. The event loop is free meanwhile.

    Args:
        description: what is imported.
        copies: where compiled copies are kept; None for nowhere.
        refresh: a copy is not looked at, and replaced.
        environment: where credentials for the fetch are read from.

    Raises:
        ConfigurationError: it cannot be read, is no description of this kind, or does not have what is
            declared of it.
        UpstreamError: it cannot be fetched.
    """
    started = time.monotonic()
    if copies is not None and not refresh:
        copy = await asyncio.to_thread(copies.find, description.wanted)
        if copy is not None:
            return Compiled(copy.model, from_copy=True, seconds=time.monotonic() - started)
    model, files = await in_thread(
        description.name,
        description.location,
        lambda fetch: _compile(description, fetch),
        runtime=Reach(Environment({} if environment is None else environment)),
        credentials=description.credentials,
    )
    if copies is not None:
        await asyncio.to_thread(copies.keep, description.wanted, model, files)
    return Compiled(model, from_copy=False, seconds=time.monotonic() - started)


def compile_offline(description: Description) -> Model:
    """The model of a description in files, made in this thread. Raises ConfigurationError."""
    return _compile(description, None)[0]


def _compile(description: Description, fetch: Fetch | None) -> tuple[Model, Mapping[str, str]]:
    """The model, and the digests of the files that it was made of."""
    with paused_collector():
        return (_compile_wsdl if description.kind == SOAP else _compile_openapi)(description, fetch)


def _compile_openapi(description: Description, fetch: Fetch | None) -> tuple[Model, Mapping[str, str]]:
    documents = open_documents(description.location, fetch, folder=description.folder)
    model = compile_openapi(documents, description.name, description.selection, description.declared)
    return _at_home(model, description), documents.files


def _compile_wsdl(description: Description, fetch: Fetch | None) -> tuple[Model, Mapping[str, str]]:
    bring = files_of(description.location, description.folder) if fetch is None else fetch
    load = _Noting(bring, description.location)
    model = compile_wsdl(
        description.location, load, description.name, description.selection, description.declared
    )
    return model, load.digests


class _Noting:
    """Loads documents, and notes what they were."""

    def __init__(self, load: Callable[[str], bytes], location: str) -> None:
        self._load = load
        self._location = location
        self.digests: dict[str, str] = {}

    def __call__(self, asked: str) -> bytes:
        content = self._load(asked)
        is_file = not is_url(self._location)
        name = beside(self._location, asked.removeprefix("file://")) if is_file else asked
        self.digests[name] = digest(content)
        return content


def _at_home(model: Model, description: Description) -> Model:
    """The model with addresses that its URL completes: `servers: [{url: /v1}]` stands beside the document."""
    if not is_url(description.location):
        return model
    servers = model.servers or ("/",)
    complete = tuple(urljoin(description.location, each) for each in servers)
    return msgspec.structs.replace(model, servers=complete)
