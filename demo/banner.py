"""What the command says once everything runs: where to look, and one query to paste."""

import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from demo.process import ROOT, Upstream

QUERY: Final = (
    '{ customer(id: "C1007") { name email balance { cents currency } orders(first: 5) { totalCount edges '
    "{ node { placedAt total { cents currency } items { quantity product { name stock { onHand warehouse } } "
    "} payment { status method capturedAt } shipment { carrier status events { at place text } "
    "weather { temperatureCelsius } } } } } } }"
)


IMPORTED_QUERY: Final = (
    "{ orders(first: 5) { totalCount nodes { placedAt total { cents currency } customer { name email balance "
    "{ amount currency } } items { quantity product { name stock { onHand warehouse } } } } } }"
)


def curl(graphql_url: str, query: str = QUERY) -> str:
    """A complete curl command that asks `query`."""
    body = shlex.quote(json.dumps({"query": query}))
    return f"curl -s {graphql_url} -H 'content-type: application/json' -d {body}"


def banner(server_url: str, services: Iterable[Upstream], query: str = QUERY) -> str:
    """The GraphiQL page, the services by name, and the query."""
    graphql_url = f"{server_url}/graphql"
    lines = [f"GraphiQL  {graphql_url}", ""]
    listed = list(services)
    width = max(len(each.name) for each in listed)
    lines += [f"{each.name:<{width}}  {each.url}" for each in listed]
    lines += [
        "",
        "One query to several of them; paste it into another terminal:",
        "",
        curl(graphql_url, query),
        "",
    ]
    return "\n".join([*lines, "Ctrl-C ends everything."])


def exports(environment: dict[str, str]) -> str:
    """The environment as lines for a shell."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    sender = f"{shlex.quote(_python())} -m demo.sender --target http://127.0.0.1:8000"
    return "\n".join([*lines, f"# Webhooks: {sender}"])


def _python() -> str:
    """This Python, as it is called from the root of the repository."""
    path = Path(sys.executable)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
