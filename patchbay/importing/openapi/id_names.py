"""What an operation is called by its operationId, without what generators put around the name."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from patchbay.importing.naming import LONGEST, camel, words
from patchbay.importing.openapi.nouns import singular
from patchbay.importing.openapi.path_names import noun, path_names, steps
from patchbay.importing.openapi.verbs import (
    CREATING,
    CRUD,
    DELETING,
    FIRST,
    GETTING,
    LISTING,
    METHODS,
    PLAIN,
    REPLACING,
    UPDATING,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patchbay.importing.openapi.path_names import Step

_WITH_PATH: Final = re.compile(r"(?i)^(?:get|put|post|delete|patch|head|options|trace)[-_ :]*(?=/)")
_SPRINGFOX: Final = re.compile(r"Using(?:GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS)$")
_NUMBERED: Final = re.compile(r"_\d+$")
_VERSIONED: Final = re.compile(r"(?i)[_.-]v\d+$")
_CONTROLLER: Final = re.compile(r"(?:^|[._:-])(\w*?)[Cc]ontroller(?:Impl)?[._:#-]+(\w.*)$")
_SEPARATOR: Final = re.compile(r"[._:/#\s-]+")
_MEANINGLESS: Final = re.compile(r"(?i)[0-9a-f-]{16,}|\W*\d*\W*")
_ENOUGH: Final = 0.5
"""The share of a document's ids that tells how it makes them."""


class Asked(NamedTuple):
    """An operation that wants a name. `method`: lower case; `methods`: all of the path."""

    id: str
    method: str
    path: str
    methods: frozenset[str]


class Habits(NamedTuple):
    """How a document makes its ids.

    Attributes:
        restates: they say method and path again: PostCustomersCustomerSources.
        noun_first: they are a noun and a plain verb: orders.create.
        prefix: the first word of all of them, with a separator behind; "" where there is none.
        counts: how often each id stands there, numbers at its end left out.
    """

    restates: bool
    noun_first: bool
    prefix: str
    counts: Counter[str]


def habits(asked: Iterable[Asked]) -> Habits:
    """What the ids of a document have in common."""
    with_id = [one for one in asked if one.id]
    parted = [_SEPARATOR.split(one.id) for one in with_id]
    firsts = {parts[0] for parts in parted if len(parts) > 2}  # noqa: PLR2004 - a prefix, a noun and a verb
    shared = len(firsts) == 1 and all(len(parts) > 2 for parts in parted) and len(parted) > 1  # noqa: PLR2004
    nouns = [parts for parts in parted if len(parts) > 1 and parts[0].lower() not in FIRST]
    plain = sum(_first_word(parts[-1]) in CRUD for parts in nouns)
    again = [(one, used) for one in with_id if (used := _restated(one)) is not None]
    told = sum(one.method in {"post", "put", "patch"} or used for one, (_, used) in again)
    return Habits(
        restates=bool(told) and len(again) > _ENOUGH * len(with_id) and told * 10 >= len(again),
        noun_first=bool(nouns) and plain >= _ENOUGH * len(nouns),
        prefix=firsts.pop() if shared else "",
        counts=Counter(_NUMBERED.sub("", one.id) for one in with_id),
    )


def _first_word(text: str) -> str:
    return next(iter(words(text)), "").lower()


def names_by_id(asked: Asked, known: Habits) -> tuple[str, ...]:
    """What it may be called by its id, the plainest first; () where that says nothing.

    `operationId`s of people are kept, in camelCase: it is what their readers know.
    """
    said = _cleaned(asked, known)
    if not said or _MEANINGLESS.fullmatch(said):
        return ()
    if said.startswith(f"{asked.method.upper()}_"):
        name = camel(said[len(asked.method) :])
        return (name, camel(f"{asked.method} {name}"))
    controller = _CONTROLLER.search(said)
    if controller is not None:
        return _of_noun_and_deed(asked, controller.group(1), controller.group(2))
    if known.restates and _is_method(words(said)[0].lower(), asked.method):
        again = _restated(asked)
        return path_names(asked.method, asked.path, asked.methods, again[0] if again else 0).wanted
    parts = [part for part in _SEPARATOR.split(said) if part]
    if known.prefix and len(parts) > 1 and parts[0] == known.prefix:
        parts = parts[1:]
    return _of_parts(asked, known, parts)


def _of_parts(asked: Asked, known: Habits, parts: list[str]) -> tuple[str, ...]:
    """Of an id of people, split at its separators."""
    name = camel(" ".join(parts))
    if not name:
        return ()
    if len(parts) > 1 and known.noun_first and _first_word(parts[-1]) in CRUD | PLAIN:
        if len(words(parts[-1])) > 1:
            return (*_deed_first(parts[:-1], words(parts[-1])), name)
        return (*_verb_first(asked, parts[:-1], parts[-1]), name)
    if _bare(name):
        return _of_noun_and_deed(asked, "", name)
    return (name,) if len(name) <= LONGEST else (*path_names(*asked[1:]).wanted[:1], name)


def _cleaned(asked: Asked, known: Habits) -> str:
    """The id without path, method, number and version that tools add."""
    said = asked.id
    if "/" in said:
        rest = _WITH_PATH.sub("", said)
        if rest.startswith("/"):
            said = rest.removeprefix(asked.path).lstrip("_-:. ") if rest.startswith(asked.path) else ""
    said = (
        _SPRINGFOX.sub("", _NUMBERED.sub("", said)) if _is_counted(asked, known) else _SPRINGFOX.sub("", said)
    )
    slug = re.sub(r"\W", "_", f"{asked.path}_{asked.method}")
    if said.lower().endswith(slug.lower()):
        said = said[: -len(slug)]
    return _VERSIONED.sub("", said)


def _is_counted(asked: Asked, known: Habits) -> bool:
    plain = _NUMBERED.sub("", asked.id)
    return plain != asked.id and (known.counts[plain] > 1 or bool(_SPRINGFOX.search(plain)))


def _is_method(word: str, method: str) -> bool:
    return word == method and word in METHODS


def _restated(asked: Asked) -> tuple[int, bool] | None:
    """Where an id says its method and path again: the first step that it names, and whether it names
    parameters; None where it says anything else.
    """
    said = [singular(word.lower()) for word in words(asked.id)]
    if len(said) < 2 or said[0] != asked.method:  # noqa: PLR2004 - a method and a word
        return None
    rest, first, names_parameters = said[1:], 0, False
    path = steps(asked.path)
    for number in range(len(path) - 1, -1, -1):
        if not rest:
            break
        length = _said_at_end(rest, path[number])
        if length:
            rest, first = rest[:-length], number
            names_parameters = names_parameters or path[number].is_parameter
        elif not path[number].is_parameter:
            return None
    while first and path[first].is_parameter:
        first -= 1
    return None if rest else (first, names_parameters)


def _said_at_end(rest: list[str], step: Step) -> int:
    """How many of the last words say the step."""
    said = [singular(word.lower()) for word in step.words]
    if rest[-len(said) :] == said:
        return len(said)
    joined = "".join(said)
    if rest[-1] == joined:
        return 1
    return 1 if step.is_parameter and rest[-1] in {"id", "sid", "uuid"} else 0


def _bare(name: str) -> bool:
    """Whether a name is a verb without a noun: create, getAll, findById."""
    said = [word.lower() for word in words(name)]
    return said[0] in CRUD | {"archive"} and all(
        word in {"all", "one", "by", "id", "many", "list", "uuid", "a", "the"} for word in said[1:]
    )


def _of_noun_and_deed(asked: Asked, thing: str, deed: str) -> tuple[str, ...]:
    """Of OrdersController_findAll, or of findAll alone."""
    name = camel(deed)
    said = words(name)
    if not said:
        return ()
    if _bare(name):
        about = " ".join(noun(asked.path)) or thing
        many = any(word.lower() in {"all", "many", "list"} for word in said)
        return _verb_first(asked, [about], "list" if many and said[0].lower() in GETTING else said[0])
    if len(said) > 1 and said[0].lower() in FIRST and said[1].lower() == "by":
        return (camel(" ".join((said[0], singular(thing) or " ".join(noun(asked.path)), *said[1:]))), name)
    return (name, camel(f"{name} {thing}"))


def _verb_first(asked: Asked, things: list[str], deed: str) -> tuple[str, ...]:
    """orders, trackers, patch -> updateOrderTracker; orders, list -> orders."""
    verb, picks_one = deed.lower(), path_names(*asked[1:]).picks_one
    said = [word for thing in things for word in words(thing)]
    if not said:
        return ()
    whole = [singular(word) for word in said[:-1]] + [said[-1]]
    one = [*whole[:-1], singular(whole[-1])]
    if said[0].lower() in FIRST and verb in METHODS:
        return (camel(" ".join(said)),)
    if verb in LISTING or (verb in GETTING and not picks_one):
        return _distinct(whole, [*whole, "list"], [verb, *whole])
    if verb in GETTING:
        return _distinct(one, [*one, "by", "id"], [verb, *whole])
    meaning = _meaning(verb, asked.methods)
    return _distinct([*(meaning or words(deed)), *one], [*(meaning or words(deed)), *whole], [verb, *one])


def _deed_first(things: list[str], deed: list[str]) -> tuple[str, ...]:
    """VirtualMachines, ListByGroup -> virtualMachinesByGroup; ..., CreateOrUpdate ->
    createOrUpdateVirtualMachine; ..., GetInstanceView -> virtualMachineInstanceView.
    """
    verb, second, rest = deed[0].lower(), deed[1].lower(), deed[1:]
    said = [word for thing in things for word in words(thing)]
    if not said:
        return ()
    whole = [singular(word) for word in said[:-1]] + said[-1:]
    one = [*whole[:-1], singular(whole[-1])]
    if second in {"or", "and"} and len(deed) > 2:  # noqa: PLR2004 - a verb, the word, and another verb
        return _distinct([*deed, *one], [*deed, *whole])
    if second in {"by", "for", "in"}:
        told = whole if verb in LISTING else one if verb in GETTING else [verb, *one]
        return _distinct([*told, *rest], [verb, *told, *rest])
    if verb in LISTING and second == "all":
        return _distinct(["all", *whole, *deed[2:]], [*deed, *whole])
    if verb in LISTING | GETTING:
        return _distinct([*one, *rest], [verb, *one, *rest])
    return _distinct([verb, *one, *rest])


def _meaning(verb: str, methods: frozenset[str]) -> list[str]:
    """The usual word for a verb; [] for one that says more."""
    if verb in REPLACING:
        return ["replace" if "patch" in methods else "update"]
    families = ((CREATING, "create"), (UPDATING, "update"), (DELETING, "delete"))
    return next(([meaning] for family, meaning in families if verb in family), [])


def _distinct(*said: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(camel(" ".join(name)) for name in said))
