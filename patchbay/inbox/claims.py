"""What is kept of a reaction -> a try of its next step, where this release still declares it so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.reactions import DeclaredStep, Reaction


class Claim(msgspec.Struct, frozen=True):
    """One try of a step, which this process is to make.

    Args:
        id: the reaction's.
        reaction, step: as they are declared.
        place: the step's.
        attempt: its number.
        tries: how many there were since the last retry by hand, this one included.
        upstream, cause, event_id: what set the reaction off.
        input: the record that did.
        results: of the steps before, by name.
    """

    id: int
    reaction: Reaction[Any]
    step: DeclaredStep
    place: int
    attempt: int
    tries: int
    upstream: str
    cause: str
    event_id: str
    input: Any
    results: Mapping[str, Any]


class StoredStep(msgspec.Struct, frozen=True):
    """A step as it is kept."""

    place: int
    name: str
    state: str
    attempts: int
    attempts_before: int
    result: bytes | None


class HeldError(Exception):
    """This release cannot go on with a reaction; the message says why."""


def claim(
    id: int,
    row: tuple[str, str, str, str, bytes],
    steps: Sequence[StoredStep],
    step: StoredStep,
    declared: Mapping[str, Reaction[Any]],
) -> Claim:
    """The next try of this step.

    Args:
        id: the reaction's.
        row: its name, upstream, cause, event id and input, as they are kept.
        steps: all of its steps.
        step: the first that is not done.
        declared: the reactions of this release, by name.

    Raises:
        HeldError: what is kept is not what this release declares.
    """
    name, upstream, cause, event_id, body = row
    reaction = declared.get(name)
    if reaction is None:
        raise HeldError("this release declares no such reaction")
    known = [each.name for each in steps if each.name in reaction.steps]
    missing = [each.name for each in steps if each.state != "done" and each.name not in reaction.steps]
    if missing:
        raise HeldError(f"this release has no step {', '.join(missing)}")
    if known != [each for each in reaction.steps if each in known]:
        raise HeldError("this release has its steps in another order")
    results = {
        each.name: _read(reaction.steps[each.name].results, each.result, f"the result of {each.name}")
        for each in steps
        if each.place < step.place and each.name in reaction.steps
    }
    return Claim(
        id=id,
        reaction=reaction,
        step=reaction.steps[step.name],
        place=step.place,
        attempt=step.attempts + 1,
        tries=step.attempts + 1 - step.attempts_before,
        upstream=upstream,
        cause=cause,
        event_id=event_id,
        input=_read(reaction.input, body, "the record that set it off"),
        results=results,
    )


def _read(decoder: msgspec.json.Decoder[Any], body: bytes | None, what: str) -> Any:
    try:
        return decoder.decode(b"null" if body is None else body)
    except Exception as error:
        # Whatever it is: a record's own check may raise anything.
        raise HeldError(f"{what} is of another shape than this release's") from error
