"""What has changed in the operations: the fields of Query and Mutation, and how they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patchbay.importing.drift.changes import Breaks, Change
from patchbay.importing.drift.signatures import signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patchbay.importing.model import Argument, Operation, RestCall, SoapCall


def operation_changes(before: Sequence[Operation], after: Sequence[Operation]) -> Iterator[Change]:
    """Between two models' operations, in the order of the old one; new ones last."""
    now = {each.name: each for each in after}
    by_id = {each.id: each for each in after if each.id}
    known = {each.name for each in before}
    for old in before:
        new = now.get(old.name)
        if new is not None:
            yield from _of_one(old, new)
            continue
        same = by_id.get(old.id)
        renamed = "" if same is None else f"; {same.id} is {_field(same)} now"
        known.update([] if same is None else [same.name])
        yield Change(Breaks.CLIENTS, _field(old), f"is gone{renamed}")
    for new in after:
        if new.name not in known:
            yield Change(Breaks.NOBODY, _field(new), "is new")


def _of_one(old: Operation, new: Operation) -> Iterator[Change]:
    at = _field(old)
    if old.is_mutation != new.is_mutation:
        yield Change(Breaks.CLIENTS, at, f"is {_field(new)} now")
    yield from _arguments(at, old, new)
    was, is_ = _answer(old), _answer(new)
    if was != is_:
        yield Change(Breaks.CLIENTS, at, f"answered {was}, and answers {is_}")
    if old.batching is not None and new.batching is None:
        yield Change(Breaks.CLIENTS, at, "is no longer known to take many keys; links with 'match' ask it")
    for what in _call(old, new):
        yield Change(Breaks.CALLS, at, what)


def _arguments(at: str, old: Operation, new: Operation) -> Iterator[Change]:
    hidden = _of_pages(old) & _of_pages(new)
    left = {each.name: each for each in new.arguments if each.attribute not in hidden}
    for argument in old.arguments:
        if argument.attribute in hidden:
            continue
        here = f"{at}({argument.name}:)"
        now = left.pop(argument.name, None)
        if now is None:
            yield Change(Breaks.CLIENTS, here, "is gone")
        else:
            yield from _argument(here, argument, now)
    for argument in left.values():
        here = f"{at}({argument.name}:)"
        if argument.required:
            yield Change(Breaks.CLIENTS, here, "is new, and has to be given")
        else:
            yield Change(Breaks.NOBODY, here, "is new")


def _argument(here: str, old: Argument, new: Argument) -> Iterator[Change]:
    was, is_ = signature(old.type), signature(new.type)
    if was != is_:
        yield Change(Breaks.CLIENTS, here, f"took {was}, and takes {is_}")
    if new.required and not old.required:
        yield Change(Breaks.CLIENTS, here, "has to be given now")
    elif old.required and not new.required:
        yield Change(Breaks.NOBODY, here, "can be left out now")
    if old.place != new.place:
        yield Change(Breaks.CALLS, here, f"went into the {old.place}, and goes into the {new.place}")
    elif old.wire != new.wire:
        yield Change(Breaks.CALLS, here, f"was '{old.wire}' to the upstream, and is '{new.wire}'")
    elif (old.style, old.explode, old.content_type, old.xml) != (
        new.style,
        new.explode,
        new.content_type,
        new.xml,
    ):
        yield Change(Breaks.CALLS, here, "is written in another way")


def _of_pages(operation: Operation) -> frozenset[str]:
    """The arguments that clients do not see, as the connection gives them."""
    paging = operation.paging
    return frozenset() if paging is None else frozenset((paging.position, paging.size))


def _answer(operation: Operation) -> str:
    """What clients get, as they see it."""
    if operation.paging is not None:
        return f"pages of {signature(operation.paging.node)}"
    return signature(operation.result.type)


def _call(old: Operation, new: Operation) -> Iterator[str]:
    """What is different about the call itself."""
    if old.rest is not None and new.rest is not None:
        yield from _rest(old.rest, new.rest)
    elif old.soap is not None and new.soap is not None:
        yield from _soap(old.soap, new.soap)
    elif (old.rest is None) != (new.rest is None):
        yield "is called by another protocol"


def _rest(old: RestCall, new: RestCall) -> Iterator[str]:
    if (old.method, old.path) != (new.method, new.path):
        yield f"was {old.method} {old.path}, and is {new.method} {new.path}"
    if old.server != new.server:
        yield "is called at another address"
    was, is_ = old.body, new.body
    if (was and (was.kind, was.content_type)) != (is_ and (is_.kind, is_.content_type)):
        sent = "no body" if was is None else was.content_type
        yield f"sent {sent}, and sends {'no body' if is_ is None else is_.content_type}"
    if old.idempotency_header != new.idempotency_header:
        yield "takes its idempotency key in another way"


def _soap(old: SoapCall, new: SoapCall) -> Iterator[str]:
    pairs: Mapping[str, tuple[object, object]] = {
        "the address": (old.address, new.address),
        "the SOAPAction": (old.action, new.action),
        "the envelope's version": (old.version, new.version),
        "the style": ((old.rpc, old.encoded), (new.rpc, new.encoded)),
        "the request's element": (old.request, new.request),
        "the response's element": ((old.response, old.result_path), (new.response, new.result_path)),
    }
    for what, (was, is_) in pairs.items():
        if was != is_:
            yield f"is called differently: {what} has changed"


def _field(operation: Operation) -> str:
    return f"{'Mutation' if operation.is_mutation else 'Query'}.{operation.name}"
