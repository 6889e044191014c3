"""The addresses of an API that Swagger 2.0 describes."""

from __future__ import annotations

import re
from typing import Any

_HTTP = ("https", "http")

_HERE = re.compile(r"(localhost|127\.|\[::1\])")


def addresses(root: dict[str, Any], schemes: list[str]) -> list[str]:
    """The addresses of an API, the encrypted one first; without a host, what is below the document's own."""
    path = root.get("basePath")
    path = path.rstrip("/") if isinstance(path, str) else ""
    path = f"/{path}" if path and not path.startswith("/") else path
    host = root.get("host")
    if not isinstance(host, str) or not host.strip():
        return [path or "/"]
    said, mark, rest = host.strip().partition("://")
    host = (rest if mark else said).rstrip("/")
    usable = [scheme for scheme in _HTTP if scheme in (*schemes, said if mark else "")]
    if not usable:
        usable = ["http" if _HERE.match(host) else "https"]
    return [f"{scheme}://{host}{path}" for scheme in usable]
