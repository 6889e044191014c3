"""Where descriptions come from: as patchbay.toml, the command line and Python name them.

shop = OpenApi("shop.openapi.yaml", include=["tag:orders"])
erp = Wsdl("https://erp.example/stock?wsdl", quota=PerSecond(50))
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REST: Final = "rest"
SOAP: Final = "soap"
KINDS: Final = {REST: "an OpenAPI document", SOAP: "a WSDL"}

_WSDL_ENDINGS = (".wsdl", "?wsdl", "?singlewsdl", "?wsdl=1")
_OPENAPI_ENDINGS = (".json", ".yaml", ".yml")


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """What can be said of any description.

    Args:
        include, exclude: patterns of operation ids, field names or "tag:NAME"; see Selection.
        prefix: stands in front of the names of its types and fields.
        strict: what cannot be mapped as it stands keeps the graph from being served.
        url: the address of the service, in place of the description's.
        url_variable: the environment variable that holds it, in place of NAME_URL.
        credentials: one of patchbay.calls or patchbay.upstreams, or a table (patchbay.importing.project.
            credentials), in place of what the description declares.
        description_credentials: the same, sent when the description itself is fetched by URL.
        operations: name of an operation -> what is declared of it (patchbay.importing.declared).
        call: see patchbay.calls.CallOptions.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    prefix: str = ""
    strict: bool = False
    url: str | None = None
    url_variable: str | None = None
    credentials: Any = None
    description_credentials: Any = None
    operations: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenApi(SourceOptions):
    """An OpenAPI document. `location`: a file's path, or a URL."""

    location: str
    kind: str = field(default=REST, init=False)


@dataclass(frozen=True)
class Wsdl(SourceOptions):
    """A WSDL. `location`: a file's path, or a URL."""

    location: str
    kind: str = field(default=SOAP, init=False)


def require_name(name: str, where: str) -> None:
    """Refuse what cannot be an upstream's name. Raises ConfigurationError."""
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{where}: {name!r} cannot name an upstream: letters, digits and _ only, a letter first, and"
            " no word of Python's"
        )


def parse_source(kind: str, text: str) -> tuple[str, OpenApi | Wsdl]:
    """Name and source of what stands behind --rest or --soap.

    Args:
        kind: REST or SOAP.
        text: as "shop=shop.openapi.yaml".

    Raises:
        ConfigurationError: it has no name, no location, or names the other kind of description.
    """
    name, equals, location = text.partition("=")
    where = f"--{kind} {text}"
    if not equals or not location.strip() or "/" in name or "." in name:
        example = "shop=shop.openapi.yaml" if kind == REST else "erp=https://erp.example/stock?wsdl"
        raise ConfigurationError(f"{where}: needs a name and a location, as --{kind} {example}")
    require_name(name, where)
    require_kind(kind, location, where)
    return name, (OpenApi if kind == REST else Wsdl)(location.strip())


def require_kind(kind: str, location: str, where: str) -> None:
    """Refuse a location that plainly is of the other kind. Raises ConfigurationError."""
    plain = location.strip().lower()
    if kind == REST and plain.endswith(_WSDL_ENDINGS):
        raise ConfigurationError(f"{where}: this is a WSDL: say --soap, or wsdl = in patchbay.toml")
    if kind == SOAP and plain.endswith(_OPENAPI_ENDINGS):
        raise ConfigurationError(
            f"{where}: this is an OpenAPI document: say --rest, or openapi = in patchbay.toml"
        )
