"""`inbox list`, `show`, `replay` and `purge`: they need nothing but the database."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from patchbay.cli.opening import opened
from patchbay.cli.printing import moment, printable
from patchbay.errors import ConfigurationError
from patchbay.inbox.administration import Administration
from patchbay.inbox.listing import EVENT_STATES, MAX_PAGE, EventFilter
from patchbay.inbox.options import MIN_KEEP_DAYS
from patchbay.inbox.presenting import details_as_json

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from patchbay.cli.printing import Printer
    from patchbay.inbox.listing import EventCount, EventDetails, EventRow


def add_commands(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add them to the parser."""
    shown = verbs.add_parser("list", help="events, newest first")
    _add_filter(shown)
    shown.add_argument("--before", type=int, metavar="SEQ", help="only those stored before this one")
    shown.add_argument("--most", type=int, default=50, help=f"how many, at most {MAX_PAGE} (default: 50)")
    shown.add_argument(
        "--counts", action="store_true", help="how many there are, by upstream, state and type"
    )
    shown.set_defaults(run=show_list)

    shown = verbs.add_parser("show", help="one event")
    shown.add_argument("event", nargs=2, metavar=("UPSTREAM", "EVENT"))
    shown.add_argument("--body", action="store_true", help="with its body, which can hold personal data")
    shown.set_defaults(run=show)

    shown = verbs.add_parser(
        "replay", help="have events applied again: one, or all of a state or an upstream"
    )
    shown.add_argument("event", nargs="*", metavar="UPSTREAM EVENT", action=_Name)
    _add_filter(shown)
    shown.set_defaults(run=replay)

    shown = verbs.add_parser("purge", help="clear events away; none that a record is made of")
    shown.add_argument("--state", required=True, choices=("dead", "applied", "ignored"))
    shown.add_argument("--upstream", help="only of this upstream")
    shown.add_argument(
        "--older-than",
        type=_days,
        metavar="DAYS",
        default=float(MIN_KEEP_DAYS),
        help=f"received so long ago (default: {MIN_KEEP_DAYS}); younger than {MIN_KEEP_DAYS} days, a dead"
        " letter loses its body and its id stays known, and others stay",
    )
    shown.set_defaults(run=purge)
    for each in verbs.choices.values():
        each.add_argument("--json", action="store_true", help="JSON for machines")


async def show_list(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Events, or how many there are."""
    async with opened(environment) as database:
        administration = Administration(database)
        if options.counts:
            counts = await administration.counts()
            printer.json(counts) if printer.as_json else _print_counts(counts, printer)
            return 0
        events = await administration.events(_filter(options), before=options.before, most=options.most)
    printer.json(events) if printer.as_json else _print_events(events, printer)
    return 0


async def show(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """One event."""
    async with opened(environment) as database:
        details = await Administration(database).event(*options.event)
    if details is None:
        return _unknown(options.event)
    if printer.as_json:
        printer.json(details_as_json(details, with_body=options.body))
        return 0
    _print_details(details, printer)
    if options.body:
        body = details_as_json(details, with_body=True)
        printer.line("")
        printer.line(body.get("body_base64") or body.get("body") or "its body is no longer kept")
    return 0


async def replay(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """One event, or many."""
    wanted = _filter(options)
    if bool(options.event) == (wanted != EventFilter()):
        problem = "name either an event, or --state, --upstream or --type of those to replay"
        raise ConfigurationError(problem)
    async with opened(environment) as database:
        administration = Administration(database)
        if options.event:
            found = await administration.replay(*options.event)
            if found == "unknown":
                return _unknown(options.event)
            if found == "no body":
                return _told("its body is no longer kept: there is nothing to apply")
            replayed = 1
        else:
            replayed = await administration.replay_all(wanted)
    if printer.as_json:
        printer.json({"replayed": replayed})
    else:
        printer.line(f"{replayed} to be applied again")
    return 0


async def purge(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Clear events away."""
    async with opened(environment) as database:
        purged = await Administration(database).purge(
            options.state, upstream=options.upstream, older_than_days=options.older_than
        )
    if printer.as_json:
        printer.json({"purged": purged})
    else:
        printer.line(f"{purged} purged")
    return 0


class _Name(argparse.Action):
    """None, or an upstream and an event's id."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """See argparse."""
        del option_string
        if len(values) not in (0, 2):
            parser.error("an event is named by its upstream and its id")
        setattr(namespace, self.dest, values)


def _add_filter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upstream", help="only of this upstream")
    parser.add_argument("--state", choices=EVENT_STATES, help="only in this state")
    parser.add_argument("--type", help="only of this type, as the vendor names it")


def _filter(options: Namespace) -> EventFilter:
    return EventFilter(upstream=options.upstream, state=options.state, type=options.type)


def _days(text: str) -> float:
    days = float(text)
    if not 0 <= days <= 36_500:  # noqa: PLR2004 - a hundred years
        raise ValueError
    return days


def _print_counts(counts: Sequence[EventCount], printer: Printer) -> None:
    printer.table(
        ("UPSTREAM", "STATE", "TYPE", "EVENTS", "BYTES", "OLDEST"),
        [
            (
                each.upstream,
                each.state,
                each.type,
                each.count,
                each.size_bytes,
                moment(each.oldest_received_at),
            )
            for each in counts
        ],
    )


def _print_events(events: Sequence[EventRow], printer: Printer) -> None:
    printer.table(
        ("SEQ", "RECEIVED", "UPSTREAM", "STATE", "TRIES", "TYPE", "EVENT", "ERROR"),
        [
            (
                each.seq,
                moment(each.received_at),
                each.upstream,
                each.state,
                each.attempts,
                each.type,
                each.event_id,
                each.error,
            )
            for each in events
        ],
    )


def _print_details(details: EventDetails, printer: Printer) -> None:
    event = details.event
    printer.members(
        {
            "upstream": event.upstream,
            "event": event.event_id,
            "type": event.type,
            "state": event.state,
            "received": moment(event.received_at),
            "stored as": event.seq,
            "failed tries": event.attempts,
            "next try": moment(details.try_at),
            "given up": moment(details.failed_at),
            "error": event.error,
            "bytes": event.size_bytes,
            "sha-256": details.body_hash,
            "same body": ", ".join(details.alike) or None,
            "makes": ", ".join(f"{kind} {key}" for kind, key in details.records) or None,
        }
    )


def _unknown(name: Sequence[str]) -> int:
    return _told(f"{printable(name[0])} has no event {printable(name[1])}")


def _told(problem: str) -> int:
    """Exit code 1."""
    print(f"patchbay: {problem}", file=sys.stderr)  # noqa: T201 - a command speaks through its streams
    return 1
