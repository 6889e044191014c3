"""`reactions list`, `show`, `retry` and `resolve`: they need nothing but the database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, get_args

from patchbay.cli.opening import opened
from patchbay.cli.printing import moment
from patchbay.errors import InputError
from patchbay.inbox.reaction_desk import MAX_PAGE, ReactionDesk, ReactionReport, ReactionState

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from patchbay.cli.printing import Printer


def add_commands(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add them to the parser."""
    listed = verbs.add_parser("list", help="reactions, newest first")
    listed.add_argument("--state", choices=get_args(ReactionState))
    listed.add_argument("--before", type=int, metavar="ID", help="only those set off before this one")
    listed.add_argument("--most", type=int, default=50, help=f"how many, at most {MAX_PAGE} (default: 50)")
    listed.set_defaults(run=show_list)
    shown = verbs.add_parser("show", help="one reaction and its steps")
    shown.set_defaults(run=show)
    retried = verbs.add_parser("retry", help="try the step that failed or is in doubt again, and go on")
    retried.set_defaults(run=retry)
    resolved = verbs.add_parser("resolve", help="say what became of a step, and go on")
    became = resolved.add_mutually_exclusive_group(required=True)
    became.add_argument(
        "--done", nargs="?", const="null", metavar="RESULT", help="it has happened; its result as JSON"
    )
    became.add_argument("--again", action="store_true", help="it has not happened: as retry")
    resolved.add_argument("--step", metavar="NAME", help="which one is done (default: the first that is not)")
    resolved.set_defaults(run=resolve)
    for each in (shown, retried, resolved):
        each.add_argument("id", type=int, metavar="ID")
    for each in verbs.choices.values():
        each.add_argument("--json", action="store_true", help="JSON for machines")


async def show_list(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Reactions, each with the step that it stands at."""
    async with opened(environment) as database:
        found = await ReactionDesk(database).list(options.state, before=options.before, most=options.most)
    if printer.as_json:
        printer.json(found)
        return 0
    rows = []
    for each in found:
        step = next((step for step in each.steps if step.state != "done"), None)
        name, attempts, error = (step.name, step.attempts, step.error) if step else (None, None, None)
        created_at = moment(each.created_at)
        rows.append(
            (
                each.id,
                created_at,
                each.reaction,
                each.state,
                name,
                attempts,
                each.event_id,
                each.error or error,
            )
        )
    printer.table(("ID", "SET OFF", "REACTION", "STATE", "STEP", "TRIES", "EVENT", "ERROR"), rows)
    return 0


async def show(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """One reaction."""
    async with opened(environment) as database:
        report = await ReactionDesk(database).show(options.id)
    if report is None:
        raise InputError("id", "is that of no reaction")
    return _print(report, printer)


async def retry(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Have a step tried again."""
    async with opened(environment) as database:
        report = await ReactionDesk(database).again(options.id)
    return _print(report, printer)


async def resolve(options: Namespace, printer: Printer, environment: Mapping[str, str]) -> int:
    """Say that a step has happened, or that it has not."""
    if options.again:
        return await retry(options, printer, environment)
    # What the terminal could not decode is no JSON, and is told to be none.
    result = options.done.encode("utf-8", "surrogateescape")
    async with opened(environment) as database:
        report = await ReactionDesk(database).resolve(options.id, result, step=options.step)
    return _print(report, printer)


def _print(report: ReactionReport, printer: Printer) -> int:
    if printer.as_json:
        printer.json(report)
        return 0
    printer.members(
        {
            "reaction": f"{report.reaction} {report.id}",
            "state": report.state,
            "error": report.error,
            "upstream": report.upstream,
            "event": report.event_id,
            "cause": report.cause,
            "set off": moment(report.created_at),
            "ended": moment(report.ended_at),
        }
    )
    printer.line("")
    printer.table(
        ("STEP", "STATE", "TRIES", "STARTED", "ENDED", "ERROR"),
        [
            (each.name, each.state, each.attempts, moment(each.started_at), moment(each.ended_at), each.error)
            for each in report.steps
        ],
    )
    return 0
