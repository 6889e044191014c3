"""Operations that are read by key: which arguments take the keys, and which keys can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from patchbay.errors import ConfigurationError
from patchbay.importing.model import ListOf, Named, Place, Scalar
from patchbay.upstreams.template import can_list_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patchbay.importing.model import Argument, Operation
    from patchbay.importing.rest.reads import Caller
    from patchbay.keys import WireKey

_NUMBERS: Final = frozenset((Scalar.INT, Scalar.SAFE_INT, Scalar.BIG_INT))
_DELIMITERS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Keyed:
    """An operation with the arguments that take its keys, and what each call is given beside them.

    Args:
        caller: of the operation.
        operation: of the model.
        keys: attributes of the arguments that take the parts of a key.
        given: attribute -> value, the same in each call.

    Raises:
        ConfigurationError: it has no such argument, or changes something.
    """

    __slots__ = ("_arguments", "_given", "caller", "names", "operation", "required")

    def __init__(
        self, caller: Caller, operation: Operation, keys: Sequence[str], given: Mapping[str, Any]
    ) -> None:
        known = {argument.attribute: argument for argument in operation.arguments}
        name = f"{caller.source}: {caller.plan.name}"
        missing = [key for key in (*keys, *given) if key not in known]
        if missing or not keys:
            raise ConfigurationError(f"{name} takes no argument {' or '.join(missing) or 'for a key'}")
        if operation.is_mutation:
            raise ConfigurationError(f"{name} changes something, and cannot be read by key")
        self.caller = caller
        self.operation = operation
        self.names = tuple(keys)
        self._arguments = tuple(known[key] for key in keys)
        self._given = dict(given)
        self.required = tuple(
            argument.attribute
            for argument in operation.arguments
            if argument.required and argument.attribute not in (*keys, *given)
        )

    def one(self, key: WireKey, more: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of a call for one key; None where no call can ask for it."""
        parts = key if isinstance(key, tuple) else (key,)
        values = [_typed(part, each) for part, each in zip(parts, self._arguments, strict=False)]
        if None in values or len(parts) != len(self.names):
            return None
        return {**self._given, **more, **dict(zip(self.names, values, strict=True))}

    def many(self, keys: Sequence[WireKey], more: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments of a call for many keys; None where none of them can be asked for."""
        argument = self._arguments[0]
        if not _is_typed(argument) and can_list_all(cast("Sequence[str]", keys)):
            # Most keys are plain texts, and one look at all of them costs a hundredth of a look at each.
            return self._asked(keys, more) if keys else None
        values = [
            _typed(key, argument) for key in keys if isinstance(key, str) and _can_be_listed(key, argument)
        ]
        asked = [value for value in values if value is not None]
        return self._asked(asked, more) if asked else None

    def _asked(self, keys: Sequence[Any], more: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call for these keys."""
        batching, argument = self.operation.batching, self._arguments[0]
        value: Any = ",".join(map(str, keys)) if _is_text(argument) else keys
        if batching is None or batching.argument != argument.attribute:
            return {**self._given, **more, self.names[0]: value}
        for member in reversed(batching.path):
            value = {member: value}
        sized = {batching.size: len(keys)} if batching.size else {}
        return {**self._given, **more, **sized, self.names[0]: value}


def _is_typed(argument: Argument) -> bool:
    """Whether keys are numbers on the wire; in addresses and headers, everything is a text."""
    ref = argument.type
    while isinstance(ref, ListOf):
        ref = ref.item
    return argument.place is Place.BODY and isinstance(ref, Named) and ref.name in _NUMBERS


def _typed(key: str, argument: Argument) -> str | int | None:
    """A key as the operation takes it; None where it can be none of its."""
    if not _is_typed(argument):
        return key
    try:
        return int(key)
    except ValueError:
        return None


def _is_text(argument: Argument) -> bool:
    """Whether many keys are one text, with commas between them."""
    return isinstance(argument.type, Named) and argument.type.name in {Scalar.STRING, Scalar.ID}


def _can_be_listed(key: str, argument: Argument) -> bool:
    """Whether a key stays one among the others: a comma in it would shift those behind it.

    An empty one asks for everything at some upstreams. A lone surrogate has no UTF-8 form.
    """
    if key == "" or key.encode("utf-8", "ignore").decode() != key:
        return False
    if _is_text(argument):
        return "," not in key
    if argument.place is Place.BODY or argument.content_type:
        return True
    return argument.explode or _DELIMITERS.get(argument.style, ",") not in key
