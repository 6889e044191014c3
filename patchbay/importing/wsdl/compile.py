"""A WSDL as a model: what the selection includes, and the types that this reaches."""

from __future__ import annotations

import logging
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from patchbay.errors import PatchbayError
from patchbay.importing.declared import NOTHING
from patchbay.importing.documents.errors import DescriptionError
from patchbay.importing.model import Model, Severity
from patchbay.importing.naming import Taken, camel
from patchbay.importing.wsdl.content import ContentReader
from patchbay.importing.wsdl.cycles import without_endless_inputs
from patchbay.importing.wsdl.definitions import Definitions, title_of
from patchbay.importing.wsdl.documents import Document, Documents
from patchbay.importing.wsdl.guesses import batching_of
from patchbay.importing.wsdl.messages import Messages, Unmapped
from patchbay.importing.wsdl.names import WSDL, description_of, first_wsdl, split
from patchbay.importing.wsdl.notes import Notes
from patchbay.importing.wsdl.operations import Operations
from patchbay.importing.wsdl.ports import Offered, offered
from patchbay.importing.wsdl.schemas import Schemas
from patchbay.importing.wsdl.simple import TypeReferences
from patchbay.importing.wsdl.substitutes import Substitutes
from patchbay.importing.wsdl.types import Types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from patchbay.importing.declared import Declared
    from patchbay.importing.model import Operation, Selection

_log = logging.getLogger(__name__)


class _Wanted(NamedTuple):
    """An operation with its field's name."""

    offer: Offered
    name: str


def compile_wsdl(
    location: str,
    load: Callable[[str], bytes],
    name: str,
    selection: Selection,
    declared: Declared = NOTHING,
) -> Model:
    """The model of a WSDL. It blocks while documents are loaded, so that it runs in a worker thread.

    Args:
        location: the WSDL's URL or path.
        load: that, or where an import leads -> its bytes; it refuses what may not be read.
        name: of the upstream.
        selection: which operations are wanted.
        declared: what is said of operations, in place of guesses.

    Raises:
        DescriptionError: the WSDL cannot be read, or is none.
        ConfigurationError: what is declared does not fit it.
    """
    notes = Notes()
    documents = Documents(load)
    document = documents.get(location)
    _require_wsdl(document)
    schemas = Schemas(documents, notes)
    definitions = Definitions(documents, schemas, notes)
    definitions.read(document)
    for file in documents.mended:
        notes.add(Severity.WEAKER, file, None, "is no well-formed XML; it is read as far as it goes")
    every = _named(offered(definitions, notes))
    declared.check_operations({wanted.name for wanted in every} | {wanted.offer.name for wanted in every})
    wanted = [each for each in every if _is_wanted(each, selection)]
    types = _types(schemas, notes)
    messages = Messages(definitions, schemas, types.contents.references, types.contents, types, notes)
    operations = _mapped(Operations(messages, types, notes), wanted, notes)
    model_types = without_endless_inputs(types.made)
    return Model(
        name=name,
        kind="soap",
        title=title_of(document, definitions),
        operations=tuple(
            declared.applied(each, None, batching_of(each, model_types), model_types) for each in operations
        ),
        types=model_types,
        description=_description(document),
        servers=tuple(dict.fromkeys(_addresses(operations))),
        problems=notes.all(),
        offered=len(every),
        excluded=len(every) - len(wanted),
    )


def _require_wsdl(document: Document) -> None:
    namespace, local = split(document.root.tag)
    if namespace == WSDL and local == "definitions":
        return
    if local == "description" and namespace.endswith("/ns/wsdl"):
        raise DescriptionError(document.file, "is a WSDL 2.0; only WSDL 1.1 can be imported")
    raise DescriptionError(document.file, f"is no WSDL: its root element is {local}")


def _types(schemas: Schemas, notes: Notes) -> Types:
    references = TypeReferences(schemas, notes)
    substitutes = Substitutes(schemas)
    return Types(ContentReader(schemas, references, notes, substitutes), substitutes, notes)


def _named(offers: Iterable[Offered]) -> list[_Wanted]:
    """Each operation's field name: its own, or else with what tells it apart."""
    taken = Taken()
    named = []
    for offer in offers:
        port = offer.port
        # Overloaded operations are told apart by their messages, those of two port types by the ports.
        more = [offer.port_type.local, port.name, port.service, _input_of(offer)]
        spelled = [f"{offer.name} {word}" for word in more if word and word != offer.name]
        named.append(_Wanted(offer, taken.claim(*map(camel, (offer.name, *spelled)), "operation")))
    return named


def _input_of(offer: Offered) -> str:
    node = first_wsdl(offer.abstract, "input")
    return "" if node is None else str(node.get("name") or node.get("message", "").rpartition(":")[2])


def _is_wanted(wanted: _Wanted, selection: Selection) -> bool:
    if any(_matches(wanted, pattern) for pattern in selection.exclude):
        return False
    return not selection.include or any(_matches(wanted, pattern) for pattern in selection.include)


def _matches(wanted: _Wanted, pattern: str) -> bool:
    """Whether a pattern means an operation: by its name, its field's, or the tag that its port type is."""
    if pattern.lower().startswith("tag:"):
        return fnmatchcase(wanted.offer.port_type.local, pattern[4:])
    return fnmatchcase(wanted.name, pattern) or fnmatchcase(wanted.offer.name, pattern)


def _mapped(operations: Operations, wanted: list[_Wanted], notes: Notes) -> list[Operation]:
    """Those that can be mapped, with the types that they reach; each other one is a problem."""
    found = []
    for offer, name in wanted:
        try:
            found.append(operations.mapped(offer, name))
            operations.types.finish()
        except Unmapped as reason:
            notes.left_out(offer.port_type.source, offer.abstract, f"operation {offer.name} {reason}")
        except PatchbayError:
            raise
        except RecursionError:
            notes.left_out(
                offer.port_type.source, offer.abstract, f"operation {offer.name} is nested too deeply"
            )
        except Exception as error:  # noqa: BLE001 - a broken document can fail anywhere
            _log.debug("cannot map %s", offer.name, exc_info=True)
            reason_ = f"operation {offer.name} cannot be mapped ({type(error).__name__})"
            notes.left_out(offer.port_type.source, offer.abstract, reason_)
    operations.types.finish()
    return found


def _description(document: Document) -> str | None:
    said = description_of(document.root)
    if said is None:
        service: Any = first_wsdl(document.root, "service")
        said = None if service is None else description_of(service)
    return said


def _addresses(operations: list[Operation]) -> Iterable[str]:
    return (each.soap.address for each in operations if each.soap is not None and each.soap.address)
