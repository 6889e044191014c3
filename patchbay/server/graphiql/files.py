"""The page's scripts and styles, read once from the package and named by their content."""

import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

FOLDER = Path(__file__).parent / "assets"
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

# In the order in which the page loads them: each script finds the globals of those before it.
STYLES = ("vendor/graphiql.min.css", "vendor/graphiql-plugin-explorer.css", "page.css")
SCRIPTS = (
    "vendor/react.production.min.js",
    "vendor/react-dom.production.min.js",
    "vendor/graphql-ws.min.js",
    "vendor/graphiql.min.js",
    "vendor/graphiql-plugin-explorer.umd.js",
    "storage.js",
    "fetcher.js",
    "examples.js",
    "page.js",
)
DIGEST_CHARACTERS = 16


class Asset(msgspec.Struct, frozen=True):
    """One file. `name` holds a digest of `body`, so that a name never means two contents."""

    name: str
    media_type: str
    body: bytes


@functools.cache
def assets() -> Mapping[str, Asset]:
    """All assets by their path under assets/, in load order, styles first."""
    return MappingProxyType({path: _read(path) for path in (*STYLES, *SCRIPTS)})


def _read(path: str) -> Asset:
    file = FOLDER / path
    body = file.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:DIGEST_CHARACTERS]
    return Asset(name=f"{file.stem}.{digest}{file.suffix}", media_type=MEDIA_TYPES[file.suffix], body=body)
