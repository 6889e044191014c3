"""Loading a WSDL and what it imports, and nothing else.

zeep loads documents synchronously and, left alone, from anywhere: other hosts, local files, with credentials
attached. Here a WSDL from the network may import from its own origin only, and a WSDL from a file from its
own folder only. The fetches go through the upstream's pipeline, with its deadline, cap and credentials.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from zeep import Settings
from zeep.exceptions import Error as ZeepError
from zeep.wsdl import Document

from patchbay.calls.pipeline import Call, Pipeline, require_success
from patchbay.errors import ConfigurationError, UpstreamBadData

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

# forbid_external would refuse imports from the WSDL's own origin as well, which most services need;
# Documents.load is the stricter gate, as it also refuses files.
_DOCUMENT_SETTINGS = {
    "forbid_dtd": True,
    "forbid_entities": True,
    "forbid_external": False,
    "xml_huge_tree": False,
}

WSDL_OPERATION = "GET wsdl"


class Documents:
    """What zeep asks for documents. `load` is called in a worker thread.

    Args:
        location: the WSDL's URL or path.
        pipeline: makes the fetches when the location is a URL.
        loop: the event loop of the pipeline.
    """

    def __init__(self, location: str, pipeline: Pipeline | None, loop: AbstractEventLoop) -> None:
        self._location = location
        self._pipeline = pipeline
        self._loop = loop

    def load(self, url: str) -> bytes:
        """A document's bytes.

        Raises:
            UpstreamError: it cannot be fetched.
            ConfigurationError: it stands outside of what the WSDL may import.
        """
        if self._pipeline is None:
            return _read_beside(Path(self._location), url)
        if origin(url) != origin(self._location):
            message = f"{self._pipeline.source}: its WSDL imports a document from another origin"
            raise ConfigurationError(message)
        fetched = asyncio.run_coroutine_threadsafe(self._fetch(self._pipeline, url), self._loop)
        return fetched.result()

    async def _fetch(self, pipeline: Pipeline, url: str) -> bytes:
        reply = await pipeline.send(Call(WSDL_OPERATION, "GET", target_of(url)))
        require_success(pipeline.source, reply)
        return reply.body


async def load_document(location: str, pipeline: Pipeline | None, source: str) -> Any:
    """The parsed WSDL, loaded in a worker thread.

    Raises:
        UpstreamError: a document cannot be fetched.
        UpstreamBadData: it is no WSDL.
        ConfigurationError: it imports from elsewhere.
    """
    documents: Any = Documents(location, pipeline, asyncio.get_running_loop())
    settings = Settings(**_DOCUMENT_SETTINGS)
    try:
        return await asyncio.to_thread(Document, location, documents, settings=settings)
    except (ZeepError, SyntaxError, LookupError, ValueError) as error:
        raise UpstreamBadData(source, "its WSDL cannot be understood", "the WSDL") from error


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; the port is None where it is the scheme's own."""
    parsed = httpx2.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def origin_url(url: str) -> str:
    """The URL without path, query and fragment."""
    return str(httpx2.URL(url).copy_with(raw_path=b"/", fragment=None)).rstrip("/")


def target_of(url: str) -> str:
    """Path and query of a URL, encoded."""
    return httpx2.URL(url).raw_path.decode("ascii")


def is_url(location: str) -> bool:
    """Whether a WSDL's location is a URL; otherwise it is a path."""
    return "://" in location


def _read_beside(wsdl: Path, asked: str) -> bytes:
    path = Path(asked.removeprefix("file://")).resolve()
    if is_url(asked.removeprefix("file://")) or not path.is_relative_to(wsdl.resolve().parent):
        message = f"{wsdl.name} imports a document from outside of its folder"
        raise ConfigurationError(message)
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path.name}: {error.strerror}"
        raise ConfigurationError(message) from error
