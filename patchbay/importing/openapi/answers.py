"""What an operation answers: its result, its errors, and what stands beside them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import BodyKind, ErrorAnswer, Named, Result, Scalar
from patchbay.importing.naming import pascal, words
from patchbay.importing.openapi.media import Media, media_of, read
from patchbay.importing.openapi.nodes import Placed, members, sentence, text
from patchbay.importing.openapi.nouns import singular
from patchbay.importing.openapi.verbs import GETTING, LISTING

if TYPE_CHECKING:
    from patchbay.importing.model import TypeRef
    from patchbay.importing.openapi.scene import Scene

_STATUS: Final = re.compile(r"[1-5](\d\d|xx)", re.IGNORECASE)
_FAILS: Final = re.compile(r"(?i)\b(error|errors|failure|failed|fail|problem|unexpected)\b")
_NOTHING: Final = Result(BodyKind.NOTHING, Named(Scalar.BOOLEAN))
_UNKNOWN: Final = Result(BodyKind.JSON, Named(Scalar.JSON))


class Answers(NamedTuple):
    """What an operation may answer.

    Attributes:
        result: see Operation.
        accept: the media type to ask for.
        statuses: of success, as declared.
        errors: see Operation.
        has_link_header: an answer of success has a Link header.
        links: the links of answers of success.
    """

    result: Result
    accept: str
    statuses: tuple[str, ...]
    errors: tuple[ErrorAnswer, ...]
    has_link_header: bool
    links: tuple[tuple[str, Placed], ...]


class _Answer(NamedTuple):
    status: str
    placed: Placed
    media: Media | None


def read_answers(scene: Scene, operation: Placed, method: str, owner: str) -> Answers:
    """The answers of an operation; `method`: lower case; `owner`: the operation's name."""
    found = _declared(scene, operation, method)
    good = [answer for answer in found if answer.status[0] == "2"]
    if not good:
        good = [answer for answer in found if answer.status == "default" and not _is_failure(answer)]
    moved = [] if good else [answer for answer in found if answer.status[0] == "3"]
    if moved:
        scene.problems.note(
            operation.at / "responses", "answers with a redirect alone, which is not followed"
        )
    result, accept = _result(scene, good, method, owner, operation, is_moved=bool(moved))
    return Answers(
        result=result,
        accept=accept,
        statuses=tuple(answer.status for answer in good or moved if answer.status != "default"),
        errors=_errors(scene, found[:] if not good else [each for each in found if each not in good], owner),
        has_link_header=any(_has_link_header(answer) for answer in good),
        links=tuple(link for answer in good for link in _links(scene, answer)),
    )


def _declared(scene: Scene, operation: Placed, method: str) -> list[_Answer]:
    found = []
    for name, node in members(operation.node.get("responses")):
        status = name.strip().upper()
        if status == "DEFAULT":
            status = "default"
        elif not _STATUS.fullmatch(status):
            scene.problems.note(operation.at / "responses" / name, "is no status")
            continue
        placed = scene.follow(node, operation.at / "responses" / name)
        if placed is None:
            placed = Placed({}, operation.at / "responses" / name)
        bodiless = method == "head" or status in {"204", "205", "304"}
        found.append(_Answer(status, placed, None if bodiless else read(media_of(scene, placed))))
    return found


def _is_failure(answer: _Answer) -> bool:
    """Whether a default answer, the only one, speaks of errors."""
    return bool(_FAILS.search(text(answer.placed.node.get("description"))))


def _result(
    scene: Scene, good: list[_Answer], method: str, owner: str, operation: Placed, *, is_moved: bool
) -> tuple[Result, str]:
    """The result, and the media type to ask for."""
    with_body = [(answer, answer.media) for answer in good if answer.media is not None]
    if not with_body:
        bodiless = is_moved or method == "head" or (good and all(_says_nothing(answer) for answer in good))
        return (_NOTHING if bodiless else _UNKNOWN), ""
    first = min(
        (media for _, media in with_body), key=lambda media: (media.schema is None, media.kind != "json")
    )
    accept = first.content_type
    if first.kind in {BodyKind.TEXT, BodyKind.XML, BodyKind.FORM, BodyKind.MULTIPART}:
        kind = BodyKind.XML if first.kind is BodyKind.XML else BodyKind.TEXT
        return Result(kind, Named(Scalar.STRING), accept), accept
    if first.kind is BodyKind.BINARY:
        return Result(first.kind, Named(Scalar.BASE64), accept), accept
    made = _json_type(scene, [media for _, media in with_body], first, owner, operation)
    return Result(BodyKind.JSON, made, accept), accept


def _says_nothing(answer: _Answer) -> bool:
    """An answer without content: by its status, or because it says that its content is none."""
    if answer.status in {"204", "205"}:
        return True
    return answer.placed.node.get("content") == {}


def _json_type(scene: Scene, found: list[Media], first: Media, owner: str, operation: Placed) -> TypeRef:
    """The type of the answers; several different ones become a union."""
    different: dict[Any, Media] = {}
    for media in found:
        if media.kind is BodyKind.JSON and media.schema is not None:
            different.setdefault(_identity(scene, media), media)
    if not different:
        return Named(Scalar.JSON)
    if len(different) > 1 and len({media.at.file for media in different.values()}) == 1:
        name = pascal(owner)
        one_of = {"oneOf": [media.schema for media in different.values()]}
        return scene.types.output(one_of, operation.at / "responses", f"{name}Result", f"{name}Answer")
    return scene.types.output(first.schema, first.at, *_hints(scene, first, owner))


def _identity(scene: Scene, media: Media) -> Any:
    """Equal for schemas that are the same."""
    if isinstance(media.schema, dict) and set(media.schema) == {"$ref"}:
        return media.schema["$ref"], media.at.file
    return repr(scene.schema(media.schema, media.at)) if isinstance(media.schema, dict) else media.schema


def _hints(scene: Scene, media: Media, owner: str) -> tuple[str, ...]:
    """Names for what has none: of a list its noun (the item's is made of it), else "...Result"."""
    name = pascal(owner)
    said = words(name)
    reads = len(said) > 1 and said[0].lower() in GETTING | LISTING
    noun = pascal(" ".join(said[1:])) if reads else name
    if scene.schema(media.schema, media.at).get("type") == "array":
        return (noun, f"{name}Result")
    if (reads or said[0] == name) and singular(said[-1]) == said[-1] and noun:
        return (noun, f"{name}Result")
    return (f"{name}Result", f"{name}Answer")


def _errors(scene: Scene, found: list[_Answer], owner: str) -> tuple[ErrorAnswer, ...]:
    errors = []
    for answer in found:
        if answer.status[0] in "123":
            continue
        media = answer.media
        made = None
        if media is not None and media.kind is BodyKind.JSON and media.schema is not None:
            name = pascal(owner)
            hints = (f"{name}Error", f"{name}Error{answer.status.title()}")
            made = scene.types.output(media.schema, media.at, *hints)
        errors.append(
            ErrorAnswer(
                status=answer.status,
                content_type="" if media is None else media.content_type,
                type=made,
                description=sentence(answer.placed.node.get("description")),
            )
        )
    return tuple(errors)


def _has_link_header(answer: _Answer) -> bool:
    return any(name.lower() == "link" for name, _ in members(answer.placed.node.get("headers")))


def _links(scene: Scene, answer: _Answer) -> list[tuple[str, Placed]]:
    found = []
    for name, node in members(answer.placed.node.get("links")):
        placed = scene.follow(node, answer.placed.at / "links" / name)
        if placed is not None:
            found.append((name, placed))
    return found
