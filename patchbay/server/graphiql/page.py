"""The GraphiQL page: one HTML text without inline scripts."""

import html
import json
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patchbay.server import security_headers
from patchbay.server.graphiql.examples import Example
from patchbay.server.graphiql.files import SCRIPTS, STYLES, assets

ASSETS_PATH = "/graphiql/assets"

# 'self' in connect-src covers the WebSocket of the same origin. Inline styles are needed by the dialogs and
# menus inside GraphiQL, and data: by the fonts in its style sheet and by the page's icon. Scripts come from
# files alone.
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"
)

PAGE_HEADERS = {
    **security_headers.PAGE_HEADERS,
    "content-security-policy": f"{_POLICY}; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""What every answer that holds the page must carry. The page repeats the policy, but for frame-ancestors."""

_TEMPLATE = string.Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))


def graphiql_page(*, graphql_path: str = "/graphql", title: str, examples: Sequence[Example]) -> str:
    """The page as HTML. It speaks to graphql_path on its own origin, whatever path it is served from.

    `title` stands in the browser's tab and the corner of the page; `examples` open as tabs, in order.
    """
    settings = {
        "graphqlPath": graphql_path,
        "title": title,
        "examples": [
            {"name": example.name, "query": example.query, "variables": example.variables}
            for example in examples
        ],
    }
    files = assets()
    return _TEMPLATE.substitute(
        title=html.escape(title),
        policy=html.escape(_POLICY),
        styles="\n".join(
            f'    <link rel="stylesheet" href="{ASSETS_PATH}/{files[path].name}">' for path in STYLES
        ),
        scripts="\n".join(
            f'    <script src="{ASSETS_PATH}/{files[path].name}"></script>' for path in SCRIPTS
        ),
        settings=_json_in_html(settings),
    )


def _json_in_html(value: dict[str, Any]) -> str:
    """JSON that no HTML parser can take for markup: no `<`, `>` or `&` is left in it."""
    text = json.dumps(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
