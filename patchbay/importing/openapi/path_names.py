"""What an operation is called by its path: `GET /orders/{id}/items` -> orderItems."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from patchbay.importing.naming import camel, words
from patchbay.importing.openapi.nouns import is_plural, singular
from patchbay.importing.openapi.verbs import AFTER_ONE, NOUNS_FIRST, NOUNS_TOO, PLAIN, READING

if TYPE_CHECKING:
    from collections.abc import Sequence

HANDY: Final = 40
"""Letters that a chain of nouns may have before its first ones are left out."""

_SEGMENTS: Final = re.compile(r"[/#?&](?![^{}]*\})")
_PIECES: Final = re.compile(r"\{([^{}]*)\}")
_VERSION: Final = re.compile(r"(?i)v?\d+([._-]\d+)*([._-]?(alpha|beta|preview|rc)\d*)?|latest")
_VERSION_PARAMETER: Final = re.compile(r"(?i).*version")
_FORMAT: Final = re.compile(r"(?i)\.(json|xml|php|aspx?|do)$")
_MYSELF: Final = frozenset(("me", "self", "current", "mine"))
_ENTRANCES: Final = frozenset(("api", "apis", "rest", "restapi", "json", "services"))


class Step(NamedTuple):
    """A part of a path: a name of something, or a parameter that picks one of it."""

    words: tuple[str, ...]
    is_parameter: bool = False


@lru_cache(maxsize=8192)
def steps(path: str) -> tuple[Step, ...]:
    """The steps of a path, without versions, "api" at its start, and endings as .json."""
    found: list[Step] = []
    for raw in _SEGMENTS.split(path):
        segment = raw.rpartition("=")[2] if "{" not in raw else raw
        if _VERSION.fullmatch(segment) or (not found and segment.lower() in _ENTRANCES):
            continue
        for number, piece in enumerate(_PIECES.split(_FORMAT.sub("", segment))):
            step = _parameter(piece) if number % 2 else _literal(piece)
            if step is not None:
                found.append(step)
    if len(found) > 1 and found[-1].words == ("json",):
        found.pop()
    return tuple(found)


def _parameter(name: str) -> Step | None:
    if _VERSION_PARAMETER.fullmatch(name):
        return None
    return Step(tuple(words(name)) or ("value",), is_parameter=True)


def _literal(text: str) -> Step | None:
    said = tuple(word for word in words(text) if text.strip(" .,;:-_()'*+~=@!$"))
    return Step(said) if said else None


class PathNames(NamedTuple):
    """Names for an operation, the plainest first; `picks_one`: its path ends with a parameter."""

    wanted: tuple[str, ...]
    picks_one: bool


def path_names(method: str, path: str, methods: frozenset[str], start: int = 0) -> PathNames:
    """What an operation may be called.

    Args:
        method: lower case.
        path: as the document has it.
        methods: that the path has, lower case.
        start: the first step that counts.
    """
    all_steps = steps(path)
    found = all_steps[start:] or all_steps
    if not found:
        return PathNames((method if method != "get" else "root",), picks_one=False)
    picks_one = found[-1].is_parameter or (len(found) > 1 and found[-1].words[0].lower() in _MYSELF)
    deed = None if picks_one or method == "delete" else _deed(method, found)
    by = _by(_picked_by_name(found))
    if deed is not None:
        verb, rest = deed
        chain = [*_chain(_doers(found), one=verb not in READING and len(found) > 1), *rest]
    else:
        verb = _verb(method, methods, picks_one=picks_one)
        chain = _chain(_picked_by_name(found), one=picks_one or verb == "create")
    shorts = [camel(" ".join((verb, *part))) for part in _parts(chain)]
    longest = shorts[-1]
    wanted = [*shorts, f"{shorts[0]}By{by}", f"{longest}By{by}"] if by else [*shorts]
    if _picked_by_name(found) is not found:
        wanted = wanted[len(shorts) :]
    if start:
        wanted += path_names(method, path, methods).wanted
    wanted.append(camel(" ".join((method, *chain))))
    return PathNames(tuple(dict.fromkeys(filter(None, wanted))), picks_one)


def noun(path: str) -> tuple[str, ...]:
    """The words of what a path is about, as ("order", "items"), whether it picks one of them or not."""
    found = list(steps(path))
    while len(found) > 1 and found[-1].is_parameter:
        found.pop()
    chain = _chain(found, one=False)
    return _parts(chain)[0] if chain else ()


def _doers(found: Sequence[Step]) -> Sequence[Step]:
    """The steps before the verb, without the word "actions"."""
    before = found[:-1]
    return before[:-1] if len(before) > 1 and _says_actions(before[-1]) else before


def _says_actions(step: Step) -> bool:
    return not step.is_parameter and step.words[-1].lower() in {"actions", "action"}


def _picked_by_name(found: Sequence[Step]) -> Sequence[Step]:
    """Of /media/shortcode/{shortcode}, which is no list of shortcodes: /media/{shortcode}."""
    if len(found) < 3 or not found[-1].is_parameter or found[-3].is_parameter:  # noqa: PLR2004 - as above
        return found
    said = found[-2].words
    same = [word.lower() for word in said] == [word.lower() for word in found[-1].words]
    return (*found[:-2], found[-1]) if same and not is_plural(said[-1]) else found


def _chain(found: Sequence[Step], *, one: bool) -> list[str]:
    """Words of the steps, in the singular but for the last; that as well with `one`."""
    chain: list[str] = []
    last = len(found) - 1
    for number, step in enumerate(found):
        if step.is_parameter:
            continue
        following = found[number + 1] if number < last else None
        said = list(step.words)
        if one or following is not None:
            said[-1] = singular(said[-1])
        if chain[-len(said) :] != said:
            chain += said
    if not chain and found:
        chain = [word for word in found[-1].words if word.lower() not in {"id", "sid", "uuid", "ids"}]
        chain = chain or list(found[-1].words)
    return chain


def _parts(chain: list[str]) -> list[tuple[str, ...]]:
    """The chain at a handy length, and whole."""
    short = list(chain)
    while len(short) > 1 and sum(map(len, short)) > HANDY:
        short.pop(0)
    return [tuple(short)] if len(short) == len(chain) else [tuple(short), tuple(chain)]


def _by(found: Sequence[Step]) -> str:
    """What the last parameter says, as "CustomerId" in orderByCustomerId."""
    step = next((step for step in reversed(found) if step.is_parameter), None)
    if step is None:
        return ""
    position = found.index(step)
    said = step.words
    before = found[position - 1].words if position else ()
    if before and [word.lower() for word in said] == [singular(word).lower() for word in before]:
        said = ("Id",)
    return "".join(word[:1].upper() + word[1:] for word in said)


def _verb(method: str, methods: frozenset[str], *, picks_one: bool) -> str:
    """What a method means where the path says no more."""
    if method == "post":
        return "update" if picks_one and not methods & {"put", "patch"} else "create"
    if method == "put":
        return "replace" if "patch" in methods else "update"
    meanings = {
        "get": "",
        "query": "",
        "patch": "update",
        "delete": "delete",
        "head": "check",
        "options": "optionsFor",
    }
    return meanings.get(method, method)


def _deed(method: str, found: Sequence[Step]) -> tuple[str, tuple[str, ...]] | None:
    """The verb that a path ends with, and the words behind it: "request_code" -> request, (code)."""
    said = found[-1].words
    verb = said[0].lower()
    if method in {"get", "head", "query"}:
        return (verb, ()) if verb in READING and len(said) == 1 else None
    before = found[-2] if len(found) > 1 else None
    if before is not None and _says_actions(before):
        return verb, said[1:]
    after_one = before is not None and before.is_parameter
    if verb not in PLAIN and not (verb in AFTER_ONE and after_one):
        return None
    if len(said) == 1:
        return verb, ()
    noun_phrase = verb in NOUNS_FIRST or (is_plural(said[-1]) and (verb in NOUNS_TOO or not after_one))
    return None if noun_phrase else (verb, said[1:])
