"""An OpenAPI document as a model: what the selection includes, and the types that this reaches.

    document -> offers -> names -> operations -> pages, batches, edges -> Model
                                    | types

One operation that cannot be mapped is a problem, and all others are served.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from patchbay.importing.declared import NOTHING
from patchbay.importing.model import Model
from patchbay.importing.naming import Taken
from patchbay.importing.openapi.batching import guess_batching
from patchbay.importing.openapi.links import edges_of
from patchbay.importing.openapi.nodes import Problems, mapping, members, sentence, text
from patchbay.importing.openapi.offers import is_wanted, offers
from patchbay.importing.openapi.operation_names import Asked, operation_names
from patchbay.importing.openapi.operations import map_operation
from patchbay.importing.openapi.paging import guess_paging
from patchbay.importing.openapi.scene import Scene
from patchbay.importing.openapi.security import read_schemes, requirements
from patchbay.importing.openapi.servers import servers
from patchbay.importing.openapi.types import Types

if TYPE_CHECKING:
    from patchbay.importing.declared import Declared
    from patchbay.importing.model import Batching, Operation, Selection
    from patchbay.importing.openapi.offers import Offer
    from patchbay.importing.openapi.operations import Mapped
    from patchbay.importing.openapi.scene import Opened

_log = logging.getLogger(__name__)


def compile_openapi(
    documents: Opened, name: str, selection: Selection, declared: Declared = NOTHING
) -> Model:
    """The model of a document.

    Args:
        documents: the opened document.
        name: of the upstream.
        selection: which operations are wanted.
        declared: what is said of operations, in place of guesses.

    Raises:
        ConfigurationError: what is declared does not fit the document.
    """
    problems = Problems()
    scene = Scene(documents, Types(documents, Taken(), problems), problems, {})
    scene = scene._replace(security=read_schemes(scene))
    root, at = documents.root, documents.at
    offered = offers(scene)
    names = operation_names([Asked(*offer[:4]) for offer in offered])
    declared.check_operations({*names, *(offer.id for offer in offered)})
    wanted = [
        (offer, field)
        for offer, field in zip(offered, names, strict=True)
        if is_wanted(offer, field, selection)
    ]
    mapped = [found for offer, field in wanted if (found := _mapped(scene, offer, field)) is not None]
    operations = _with_guesses(scene, mapped, declared)
    _note_webhooks(scene)
    info = mapping(root.get("info"))
    return Model(
        name=name,
        kind="rest",
        title=text(info.get("title")) or name,
        operations=operations,
        types=dict(scene.types.model_types),
        version=text(info.get("version")),
        description=sentence(info.get("description")) or sentence(info.get("summary")),
        servers=servers(root.get("servers"), at / "servers", problems),
        edges=edges_of(scene, mapped, {operation.name for operation in operations}),
        security=scene.security,
        requires=requirements(root.get("security"), at / "security", scene.security, problems),
        problems=tuple(problems),
        offered=len(offered),
        excluded=len(offered) - len(wanted),
    )


def _mapped(scene: Scene, offer: Offer, field: str) -> Mapped | None:
    """The operation; None, and a problem, where it cannot be mapped."""
    try:
        return map_operation(scene, offer, field)
    except RecursionError:
        scene.problems.left_out(offer.at, "is nested too deeply")
    except Exception as error:  # noqa: BLE001 - one operation must not take all others with it
        _log.debug("cannot map %s", offer.at, exc_info=True)
        scene.problems.left_out(offer.at, f"cannot be mapped ({type(error).__name__})")
    return None


def _with_guesses(scene: Scene, mapped: list[Mapped], declared: Declared) -> tuple[Operation, ...]:
    """The operations with their pages and batches."""
    types = scene.types.made
    paged = {one.operation.name: _guess(scene, one, guess_paging, types) for one in mapped}
    batches = guess_batching(mapped, paged, types)
    for one in mapped:
        if _is_for_keys(one.operation, batches.get(one.operation.name)):
            # What it takes of pages is about what each key has.
            paged[one.operation.name] = None
    return tuple(
        declared.applied(one.operation, paged[one.operation.name], batches.get(one.operation.name), types)
        for one in mapped
    )


def _is_for_keys(operation: Operation, batching: Batching | None) -> bool:
    """Whether it answers for keys alone: it has to be given some."""
    return batching is not None and any(
        each.required and each.attribute == batching.argument for each in operation.arguments
    )


def _guess(scene: Scene, one: Mapped, guess: Any, types: Any) -> Any:
    """A guess; None where making it fails, because no operation is lost to one."""
    try:
        return guess(one, types)
    except Exception:  # noqa: BLE001 - as above
        _log.debug("cannot guess about %s", one.offer.at, exc_info=True)
        scene.problems.note(one.offer.at, "could not be looked at for pages")
        return None


def _note_webhooks(scene: Scene) -> None:
    webhooks = sum(1 for _ in members(scene.documents.root.get("webhooks")))
    if webhooks:
        at = scene.documents.at / "webhooks"
        scene.problems.note(at, f"has {webhooks} webhooks, which are events and no operations")
