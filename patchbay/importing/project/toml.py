"""patchbay.toml: which descriptions are imported, and what is changed of what they say.

links = ["shop.Order.customer -> crm.customers(ids: customerId) match id max 100"]
hide = ["shop.Order.internalNote", "shop.deleteOrder"]
merge = ["shop.Customer, crm.Customer key id"]

[rename]
"shop.Order" = "Purchase"

[upstreams.shop]
openapi = "shop.openapi.yaml"
exclude = ["tag:internal"]
quota = "50/second"

[upstreams.shop.operations.listOrders]
paging = false
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from patchbay.calls import Egress, Limits
from patchbay.errors import ConfigurationError
from patchbay.importing.project.checked import Place, converted
from patchbay.importing.project.credentials import credentials_of
from patchbay.importing.project.declaring import Declarations
from patchbay.importing.project.quotas import parse_quota
from patchbay.importing.project.sources import OpenApi, Wsdl, require_kind, require_name

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "patchbay.toml"

_GRAPH_KEYS: Final = ("links", "hide", "merge", "rename")


class GraphTable(msgspec.Struct):
    """The whole file, its upstreams as they were read."""

    upstreams: dict[str, dict[str, Any]] = {}
    links: list[str] = []
    rename: dict[str, str] = {}
    hide: list[str] = []
    merge: list[str] = []


class UpstreamTable(msgspec.Struct):
    """`[upstreams.NAME]`; see patchbay.importing.project.sources for what is not a call's option."""

    openapi: str | None = None
    wsdl: str | None = None
    url: str | None = None
    url_variable: str | None = None
    credentials: dict[str, Any] | None = None
    description_credentials: dict[str, Any] | None = None
    include: list[str] = []
    exclude: list[str] = []
    prefix: str = ""
    strict: bool = False
    deadline_seconds: float | None = None
    concurrency: int | None = None
    max_body_bytes: int | None = None
    quota: str | None = None
    networks: list[str] = []
    operations: dict[str, dict[str, Any]] = {}


def read_toml(path: Path) -> Declarations:
    """What the file says. Locations of files are taken from its folder.

    Raises:
        ConfigurationError: the file cannot be read, or says what cannot be meant: file, table, key, and what
            is allowed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: this is no TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: this is no text in UTF-8") from error
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    place = Place(str(path))
    table = converted(raw, GraphTable, place)
    sources = {
        name: _source(name, raw_table, place.at(f"upstreams.{name}"), path.parent)
        for name, raw_table in table.upstreams.items()
    }
    return Declarations.parse(
        sources, links=table.links, rename=table.rename, hide=table.hide, merge=table.merge, where=str(path)
    )


def _source(name: str, raw: Mapping[str, Any], place: Place, folder: Path) -> OpenApi | Wsdl:
    require_name(name, str(place))
    for key in _GRAPH_KEYS:
        if key in raw:
            place.fail(key, "belongs to the whole graph: put it in front of the first [table]")
    table = converted(raw, UpstreamTable, place)
    if (table.openapi is None) == (table.wsdl is None):
        place.fail("", "needs either openapi or wsdl: the path or URL of the description")
    location = table.openapi if table.openapi is not None else table.wsdl or ""
    make = OpenApi if table.openapi is not None else Wsdl
    if not location.strip():
        place.fail("openapi" if table.wsdl is None else "wsdl", "is empty")
    require_kind(make.kind, location, str(place))
    if "://" not in location:
        location = str(folder / location)
    return make(
        location,
        include=tuple(table.include),
        exclude=tuple(table.exclude),
        prefix=table.prefix,
        strict=table.strict,
        url=table.url,
        url_variable=table.url_variable,
        credentials=credentials_of(str(place), table.credentials),
        description_credentials=credentials_of(str(place), table.description_credentials),
        operations=table.operations,
        call=_call_options(table, place),
    )


def _call_options(table: UpstreamTable, place: Place) -> dict[str, Any]:
    """See patchbay.calls.CallOptions."""
    limits: dict[str, Any] = {
        "deadline_seconds": table.deadline_seconds,
        "concurrency": table.concurrency,
        "max_body_bytes": table.max_body_bytes,
    }
    options: dict[str, Any] = {}
    if any(value is not None for value in limits.values()):
        options["limits"] = Limits(**{name: value for name, value in limits.items() if value is not None})
    if table.quota is not None:
        try:
            options["quota"] = parse_quota(table.quota)
        except ValueError as error:
            place.fail("quota", str(error))
    if table.networks:
        options["egress"] = Egress(networks=tuple(table.networks))
    return options
