"""Loading a WSDL and what it imports, and nothing else.

zeep loads documents synchronously and, left alone, from anywhere: other hosts, local files, with credentials
attached. Here a WSDL from the network may import from its own origin only, and a WSDL from a file from its
own folder only. The fetches go through the upstream's line, with its deadline, cap, guard and credentials.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree
from zeep import Settings
from zeep.wsdl import Document

from patchbay.address import parse_address
from patchbay.calls import Call, require_success
from patchbay.errors import ConfigurationError, PatchbayError, UpstreamBadData
from patchbay.upstreams import soap_types
from patchbay.upstreams.soap_xml import parsed

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from patchbay.upstreams.base import Line

# forbid_external would refuse imports from the WSDL's own origin as well, which most services need;
# Documents.load is the stricter gate, as it also refuses files.
_DOCUMENT_SETTINGS = {
    "forbid_dtd": True,
    "forbid_entities": True,
    "forbid_external": False,
    "xml_huge_tree": False,
}

_MAX_DOCUMENTS = 500
"""The largest published service descriptions have about 100; a hostile one imports without an end."""

_MAX_TAGS = 1_000_000
"""In one document; the largest published ones have some 300,000."""

XML_SCHEMA = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://www.w3.org/XML/1998/namespace">
  <xs:attribute name="lang" type="xs:string"/>
  <xs:attribute name="space" type="xs:NCName"/>
  <xs:attribute name="base" type="xs:anyURI"/>
  <xs:attribute name="id" type="xs:ID"/>
  <xs:attributeGroup name="specialAttrs">
    <xs:attribute ref="xml:base"/><xs:attribute ref="xml:lang"/>
    <xs:attribute ref="xml:space"/><xs:attribute ref="xml:id"/>
  </xs:attributeGroup>
</xs:schema>"""
"""The attributes of XML itself. Schemas import them from w3.org, or without an address, which is the same."""

_XML_SCHEMA_AT = ("http://www.w3.org/2001/xml.xsd", "https://www.w3.org/2001/xml.xsd")

_WHITE_SPACE = b" \t\r\n"

WSDL_OPERATION = "GET wsdl"


class Documents:
    """What zeep asks for documents. `load` is called in a worker thread.

    Args:
        source: the upstream's name.
        location: the WSDL's URL or path.
        line: makes the fetches when the location is a URL.
        loop: the event loop of the line.
    """

    def __init__(self, source: str, location: str, line: Line, loop: AbstractEventLoop) -> None:
        self._source = source
        self._location = location
        self._line = line
        self._loop = loop
        self._left = _MAX_DOCUMENTS
        self._fetching: Future[bytes] | None = None

    def load(self, url: str) -> bytes:
        """A document's bytes.

        Raises:
            UpstreamError: it cannot be fetched.
            ValueError, etree.XMLSyntaxError: it is no XML, or none that may be read.
            ConfigurationError: it stands outside of what the WSDL may import, or is one too many.
        """
        if self._left <= 0:
            raise ConfigurationError(f"{self._source}: its WSDL imports more than {_MAX_DOCUMENTS} documents")
        self._left -= 1
        if url in _XML_SCHEMA_AT:
            return XML_SCHEMA
        content = self._fetched(url) if is_url(self._location) else self._read_beside(url)
        # Real services send white space before the XML declaration, where XML allows none.
        content = content.lstrip(_WHITE_SPACE)
        # zeep parses it anew, under rules that are not as strict.
        parsed(content, _MAX_TAGS)
        return content

    def close(self) -> None:
        """Refuse every further load: a reply must cause none, and the thread must not outlive its caller."""
        self._left = 0
        if self._fetching is not None:
            self._fetching.cancel()

    def _fetched(self, url: str) -> bytes:
        if not self._is_own(url):
            raise ConfigurationError(f"{self._source}: its WSDL imports a document from another origin")
        self._fetching = asyncio.run_coroutine_threadsafe(_fetch(self._line, url), self._loop)
        return self._fetching.result()

    def _is_own(self, url: str) -> bool:
        try:
            return origin(url) == origin(self._location)
        except ValueError:
            return False

    def _read_beside(self, asked: str) -> bytes:
        wsdl = Path(self._location).resolve()
        named = asked.removeprefix("file://")
        path = Path(named).resolve()
        if is_url(named) or not path.is_relative_to(wsdl.parent):
            raise ConfigurationError(
                f"{self._source}: {wsdl.name} imports a document from outside its folder"
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{self._source}: {path.name}: {error.strerror}") from error


class _Wsdl(Document):
    """zeep's document with types that tell what they cannot read."""

    def load(self, location: Any) -> None:
        """What zeep's constructor calls once its schema stands ready."""
        soap_types.install(self.types)
        super().load(location)  # type: ignore[no-untyped-call]  # zeep has no annotations here

    def _get_xml_document(self, location: Any, *, _initial: bool = False) -> Any:
        root = super()._get_xml_document(location, _initial=_initial)
        # Without this, a page of XHTML would be a WSDL without services, and so a mistake of the declaration.
        if _initial and etree.QName(root).localname != "definitions":
            raise ValueError("not a WSDL")
        return root


async def load_document(location: str, line: Line, source: str) -> Any:
    """The parsed WSDL, loaded in a thread of its own: it waits for fetches, and the shared ones are few.

    Raises:
        UpstreamError: a document cannot be fetched.
        UpstreamBadData: it is no WSDL.
        ConfigurationError: it imports from elsewhere, or a file cannot be read.
    """
    loop = asyncio.get_running_loop()
    documents = Documents(source, location, line, loop)
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"wsdl-{source}")
    try:
        return await loop.run_in_executor(thread, _parse, location, documents)
    except PatchbayError:
        raise
    except Exception as error:  # What zeep stumbles over in a wrong document can be of any type.
        raise UpstreamBadData(source, "its WSDL cannot be understood", "the WSDL") from error
    finally:
        documents.close()
        thread.shutdown(wait=False)


def require_trusted(source: str, variable: str, location: str, address: str) -> None:
    """Check where a WSDL sends calls, and with them credentials: home, or from a file wherever it says.

    Raises:
        ConfigurationError: it sends them elsewhere, or to what is no HTTP address.
    """
    try:
        sends_to = origin(address)
    except ValueError:
        sends_to = None
    if is_url(location) and sends_to != origin(location):
        message = (
            f"{source}: its WSDL sends calls to another origin; "
            f"let {variable} name a file that holds the WSDL with the address to trust"
        )
        raise ConfigurationError(message)
    if sends_to is None:
        raise ConfigurationError(f"{source}: {variable} names a WSDL whose address is no HTTP address")


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL. Raises ValueError where it is none that calls can go to."""
    address = parse_address(url)
    return address.scheme, address.host, address.port


def origin_url(url: str) -> str:
    """The URL without path, query and fragment. Raises ValueError."""
    return parse_address(url).origin


def target_of(url: str) -> str:
    """Path and query of a URL, encoded. Raises ValueError."""
    return parse_address(url).target


def is_url(location: str) -> bool:
    """Whether a WSDL's location is a URL; otherwise it is a path."""
    return "://" in location


def _parse(location: str, documents: Any) -> Document:
    return _Wsdl(location, documents, settings=Settings(**_DOCUMENT_SETTINGS))


async def _fetch(line: Line, url: str) -> bytes:
    reply = await line.send(Call(WSDL_OPERATION, "GET", target_of(url)))
    require_success(line.source, reply)
    return reply.body
