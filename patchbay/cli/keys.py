"""`keys create`, `list` and `revoke`: API keys of clients. They need nothing but the database."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

from patchbay.access.proofs.key_store import MAX_PAGE, KeyStore
from patchbay.cli.opening import opened
from patchbay.cli.printing import moment

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.access.proofs.key_store import KeyRecord
    from patchbay.cli.printing import Printer

_UNITS_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
MAX_SECONDS = 100 * 366 * 86_400


def add_commands(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add them to the parser."""
    made = verbs.add_parser("create", help="make a key, and show it this once")
    made.add_argument("--name", required=True, help="whose it is, for people")
    made.add_argument(
        "--scope", action="append", default=[], metavar="SCOPE", help="what it may do; repeatable"
    )
    made.add_argument(
        "--expires", type=_seconds, metavar="90d", help="after minutes, hours, days or weeks (default: never)"
    )
    made.set_defaults(run=create)
    listed = verbs.add_parser("list", help=f"all keys, newest first, at most {MAX_PAGE}")
    listed.set_defaults(run=show_list)
    revoked = verbs.add_parser("revoke", help="have a key accepted no longer, within five seconds")
    revoked.add_argument("id", metavar="ID", help="as list shows it: what stands between pbk_ and the next _")
    revoked.set_defaults(run=revoke)
    for each in verbs.choices.values():
        each.add_argument("--json", action="store_true", help="JSON for machines")


async def create(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """A new key. It alone goes to standard output, so that a script can take it from there."""
    async with opened(environment) as database:
        record, key = await KeyStore(database).create(options.name, options.scope, options.expires)
    if printer.as_json:
        printer.json({"key": key, **_as_json(record)})
        return 0
    print(f"key {record.id}; it is shown now and never again", file=sys.stderr)  # noqa: T201 - beside the answer
    printer.line(key)
    return 0


async def show_list(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """All keys."""
    del options
    async with opened(environment) as database:
        records = await KeyStore(database).newest()
    if printer.as_json:
        printer.json([_as_json(each) for each in records])
        return 0
    rows = [
        (
            each.id,
            each.name,
            each.state,
            " ".join(each.scopes) or None,
            moment(each.created_at),
            moment(each.expires_at),
            moment(each.used_at),
        )
        for each in records
    ]
    printer.table(("ID", "NAME", "STATE", "SCOPES", "CREATED", "EXPIRES", "USED"), rows)
    return 0


async def revoke(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Withdraw a key."""
    async with opened(environment) as database:
        record = await KeyStore(database).revoke(options.id)
    if printer.as_json:
        printer.json(_as_json(record))
    else:
        printer.line(f"key {record.id} of {record.name} is revoked")
    return 0


def _as_json(record: KeyRecord) -> dict[str, object]:
    """Everything of a key but its digest, which is of no use to anybody."""
    return {
        "id": record.id,
        "name": record.name,
        "state": record.state,
        "scopes": record.scopes,
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
        "used_at": record.used_at,
    }


def _seconds(text: str) -> float:
    parts = re.fullmatch(r"([0-9]{1,9})([mhdw])", text)
    seconds = int(parts[1]) * _UNITS_SECONDS[parts[2]] if parts else 0
    if not 0 < seconds <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(
            "must be a number and m, h, d or w, as in 90d; a hundred years at most"
        )
    return float(seconds)
