"""One operation of a document as the model has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import BodyKind, Operation, RestCall
from patchbay.importing.naming import words
from patchbay.importing.openapi.answers import Answers, read_answers
from patchbay.importing.openapi.bodies import read_body
from patchbay.importing.openapi.nodes import Placed, sentence, sequence, text
from patchbay.importing.openapi.parameters import read_parameters, reason_of
from patchbay.importing.openapi.security import requirements
from patchbay.importing.openapi.servers import servers

if TYPE_CHECKING:
    from patchbay.importing.openapi.offers import Offer
    from patchbay.importing.openapi.scene import Scene

_SAFE: Final = frozenset(("get", "head", "options", "trace", "query"))
_READS: Final = frozenset(("search", "list", "query", "find", "lookup", "scan", "describe", "count"))
"""First words of what a POST does when it only reads."""
_GETS: Final = frozenset(("get", "fetch", "batch", "retrieve"))
"""Likewise, where nothing else says that something is made."""
_MAKES: Final = frozenset(
    "and or token session login link url key upload create update delete lock claim next id ids code "
    "credentials sign signed start run send generate".split()
)


_ACTION: Final = re.compile(r"(?i)[#?&]action=(\w+)")


class Mapped(NamedTuple):
    """An operation, and what guesses about it need besides.

    Attributes:
        operation: see Operation.
        offer: where it comes from.
        schemas: attribute of an argument -> its schema, behind references.
        answers: see Answers.
    """

    operation: Operation
    offer: Offer
    schemas: dict[str, dict[str, Any]]
    answers: Answers


def map_operation(scene: Scene, offer: Offer, name: str) -> Mapped:
    """The operation with that name."""
    placed = Placed(offer.node, offer.at)
    parameters = read_parameters(scene, offer.item, placed, offer.path, name)
    body = read_body(scene, placed, offer.method, parameters, name)
    answers = read_answers(scene, placed, offer.method, name)
    security = offer.node.get("security")
    arguments, schemas = parameters.arguments, dict(parameters.schemas)
    if body is not None:
        arguments = (*arguments, body.argument)
        schemas[body.argument.attribute] = body.schema
    operation = Operation(
        name=name,
        id=offer.id,
        is_mutation=not only_reads(scene, offer, answers),
        arguments=arguments,
        result=answers.result,
        errors=answers.errors,
        tags=offer.tags,
        rest=RestCall(
            method=offer.method.upper(),
            path=parameters.path,
            body=None if body is None else body.body,
            accept=answers.accept,
            server=_own_server(scene, offer),
            statuses=answers.statuses,
            idempotency_header=parameters.idempotency_header,
            headers=parameters.headers,
        ),
        security=(
            requirements(security, offer.at / "security", scene.security, scene.problems)
            if isinstance(security, list)
            else None
        ),
        description=description_of(offer.node) or sentence(offer.item.node.get("description")),
        deprecated=reason_of(offer.node),
        pointer=offer.at.pointer,
    )
    return Mapped(operation, offer, schemas, answers)


def _own_server(scene: Scene, offer: Offer) -> str:
    """The address of the operation's own, or of its path's; "" where it has none."""
    for owner in (Placed(offer.node, offer.at), offer.item):
        if sequence(owner.node.get("servers")):
            found = servers(owner.node["servers"], owner.at / "servers", scene.problems)
            if found:
                return found[0]
    return ""


def description_of(node: dict[str, Any]) -> str | None:
    """Summary and description, the first only where the second does not say it."""
    summary, described = text(node.get("summary")), text(node.get("description"))
    if summary and described and not described.lower().startswith(summary.lower().rstrip(".")):
        return f"{summary}\n\n{described}"
    return described or summary or None


def only_reads(scene: Scene, offer: Offer, answers: Answers) -> bool:
    """Whether an operation changes nothing: by its method, or a POST by what it says of itself.

    Such a POST answers JSON with 200 and nothing else, and its id (without an id its path's end, or its
    summary) starts with a verb of reading.
    """
    if offer.method in _SAFE:
        return not _is_told_to_write(scene, offer)
    if offer.method != "post" or answers.result.kind is not BodyKind.JSON:
        return False
    if not set(answers.statuses) <= {"200", "2XX"} or not answers.statuses:
        return False
    said = _deed(offer)
    if not said:
        return False
    reads = said[0] in _READS and not _MAKES & set(said[1:]) - {
        "id",
        "ids",
        "key",
        "code",
        "url",
        "link",
        "next",
    }
    gets = said[0] in _GETS and len(said) > 1 and not _MAKES & set(said)
    if said[0] == "batch":
        gets = gets and said[1] in {"get", "read"}
    if reads or gets:
        scene.problems.note(offer.at, "is taken for one that only reads, though it is a POST")
    return reads or gets


def _is_told_to_write(scene: Scene, offer: Offer) -> bool:
    """A GET whose path says what to do, as in /#Action=DeleteUser, and that this is no reading."""
    action = _ACTION.search(offer.path)
    said = [word.lower() for word in words(action[1])] if action else []
    if not said or said[0] in _READS | _GETS | {"test", "validate", "verify", "check"}:
        return False
    scene.problems.note(offer.at, "is taken for one that changes something, though it is a GET")
    return True


def _deed(offer: Offer) -> list[str]:
    """The words of what an operation does, the verb first."""
    if offer.id and not re.search(r"[\s/]", offer.id):
        parts = [part for part in re.split(r"[._:-]", offer.id) if part]
        whole = [word.lower() for word in words(" ".join(parts))]
        last = [word.lower() for word in words(parts[-1])] if parts else []
        is_noun_first = len(parts) > 1 and bool(whole) and whole[0] not in _READS | _GETS
        said = last if is_noun_first else whole
        if said and said[0] not in {"post", *_MAKES}:
            return said
        if said and said[0] != "post":
            return []
    end = [word.lower() for word in words(re.sub(r"\{[^}]*\}", "", offer.path).rpartition("/")[2])]
    if end and (end[0] in _READS or end[:2] == ["batch", "get"]):
        return end
    return [word.lower() for word in words(text(offer.node.get("summary")))][:1] if offer.id == "" else []
