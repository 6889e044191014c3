"""Real descriptions that lie beside the repository, in ../shared/specs: read from there, never copied."""

from __future__ import annotations

from pathlib import Path

import pytest

SPECS = Path(__file__).parents[3] / "shared" / "specs"

NO_SPECS = "the real descriptions do not lie beside the repository"

needs_specs = pytest.mark.skipif(not SPECS.is_dir(), reason=NO_SPECS)


def openapi(name: str) -> Path:
    """The path of a document, as "oai/link-example.yaml"."""
    return SPECS / "openapi" / name


def wsdl(name: str) -> Path:
    """The path of a WSDL, as "savonrb/betfair.xml"."""
    return SPECS / "wsdl" / name


def openapi_documents() -> list[Path]:
    """All documents, in a stable order."""
    return sorted(
        path for path in (SPECS / "openapi").rglob("*") if path.suffix in {".json", ".yaml", ".yml"}
    )


def wsdl_documents() -> list[Path]:
    """All WSDLs, in a stable order; not the schemas beside them."""
    found = (SPECS / "wsdl").rglob("*")
    return sorted(
        path
        for path in found
        if path.suffix in {".wsdl", ".xml"} and "_catalog" not in path.parts and "_policy" not in path.name
    )
