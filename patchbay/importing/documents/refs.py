"""What `$ref` leads to: in the same document, in others, by pointer, by anchor, by id and by bare name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from patchbay.importing.documents.anchors import Anchors
from patchbay.importing.documents.errors import UnresolvedRef
from patchbay.importing.documents.location import Location, tokens_of
from patchbay.importing.documents.sources import Unreadable

if TYPE_CHECKING:
    from patchbay.importing.documents.store import Store

_SHAPING = frozenset((
    "type", "properties", "patternProperties", "additionalProperties", "items", "prefixItems", "allOf",
    "anyOf", "oneOf", "enum", "const", "format", "discriminator",
))  # fmt: skip
"""What makes another type of a schema when it stands beside a `$ref`; all else narrows values, or tells."""

_ALSO_KNOWN_AS = (
    ("/definitions/", "/components/schemas/"),
    ("/parameters/", "/components/parameters/"),
    ("/responses/", "/components/responses/"),
)
"""Documents that were moved from one dialect to the other keep old references at times."""

_MAX_HOPS = 50

_SCHEMA_PLACES = (("components", "schemas"), ("definitions",))


class Refs:
    """Follows references.

    Args:
        store: where documents come from.
        root: the root document's name.
        allows_siblings: whether what stands beside a `$ref` counts.

    Attributes:
        upgraded: the root document in the shape of OpenAPI 3.x, where it is written in another: what is not
            found in the original is looked for here.
    """

    def __init__(self, store: Store, root: str, *, allows_siblings: bool) -> None:
        self._store = store
        self._root = root
        self._allows_siblings = allows_siblings
        self._known: dict[tuple[str, str], tuple[Any, Location]] = {}
        self._targets: dict[tuple[str, str], tuple[Any, Location]] = {}
        self._joined: dict[Location, dict[str, Any]] = {}
        self._originals: dict[int, tuple[Any, Location]] = {}
        self._anchors: dict[str, Anchors] = {}
        self.upgraded: dict[str, Any] | None = None

    def resolve(self, node: Any, base: Location) -> tuple[Any, Location]:
        """See Documents.resolve."""
        base = self.original(node, base)
        ref = node.get("$ref") if type(node) is dict else None
        if type(ref) is not str:
            return node, base
        if self._allows_siblings and len(node) > 1 and self._says_more(node):
            return self._with_siblings(node, base), base
        return self._followed(ref, base)

    def original(self, node: Any, base: Location) -> Location:
        """See Documents.original."""
        if not self._originals:
            return base
        known = self._originals.get(id(node))
        return base if known is None else known[1]

    def stands_at(self, node: Any, location: Location) -> None:
        """Remember where a node that was rewritten, or moved, stands in the original document."""
        # The node is kept as well, so that its id stays its own.
        self._originals[id(node)] = (node, location)

    def _says_more(self, node: dict[str, Any]) -> bool:
        return not _SHAPING.isdisjoint(node) or type(node.get("required")) is list

    def _with_siblings(self, node: dict[str, Any], base: Location) -> dict[str, Any]:
        known = self._joined.get(base)
        if known is None:
            beside = {key: value for key, value in node.items() if key != "$ref"}
            held = beside.get("allOf")
            known = {**beside, "allOf": [{"$ref": node["$ref"]}, *(held if isinstance(held, list) else ())]}
            self._joined[base] = known
        return known

    def _followed(self, ref: str, base: Location) -> tuple[Any, Location]:
        known = self._known.get((base.file, ref))
        if known is None:
            try:
                known = self._chased(ref, base)
            except Unreadable as error:
                raise UnresolvedRef(ref, str(error), base.file, base.pointer) from error
            self._known[base.file, ref] = known
        return known

    def _chased(self, ref: str, base: Location) -> tuple[Any, Location]:
        """What is behind a chain of references. Raises Unreadable."""
        seen = set[Location]()
        while True:
            target, base = self._target(ref, base, len(seen))
            following = target.get("$ref") if type(target) is dict else None
            if type(following) is not str:
                return target, base
            if self._allows_siblings and self._says_more(target):
                return self._with_siblings(target, base), base
            if base in seen or len(seen) > _MAX_HOPS:
                raise Unreadable("leads in a circle")
            seen.add(base)
            ref = following

    def _target(self, ref: str, base: Location, hops: int) -> tuple[Any, Location]:
        """What one reference leads to. Raises Unreadable."""
        # Remembered, as pointers that lead through references could be looked at again and again.
        known = self._targets.get((base.file, ref))
        if known is None:
            known = self._targets[base.file, ref] = self._found(ref.strip(), base, hops)
        return known

    def _found(self, ref: str, base: Location, hops: int) -> tuple[Any, Location]:
        reference, _, fragment = ref.partition("#")
        if not reference:
            if not fragment and "#" not in ref:
                raise Unreadable("is empty")
            return self._within(base.file, fragment, hops)
        named = self._by_name(ref) or self._by_id(reference, fragment, base.file, hops)
        if named is not None:
            return named
        name, _ = self._store.beside(base.file, reference)
        return self._within(name, fragment, hops)

    def _within(self, file: str, fragment: str, hops: int) -> tuple[Any, Location]:
        """What a fragment means in a document. Raises Unreadable."""
        tree = self._store.tree(file)
        if not fragment:
            return tree, Location(file)
        if fragment[0] != "/":
            anchored = self._anchors_of(file).by_name(unquote(fragment))
            if anchored is not None:
                return anchored[0], Location(file, anchored[1])
            fragment = f"/{fragment}"
        for reading in (fragment, *_renamed(fragment)):
            for tokens in tokens_of(reading):
                for top in (tree, self.upgraded if file == self._root else None):
                    found = None if top is None else self._walked(top, tokens, Location(file), hops)
                    if found is not None:
                        return found
        raise Unreadable("leads to nothing")

    def _walked(self, tree: Any, tokens: list[str], at: Location, hops: int) -> tuple[Any, Location] | None:
        """What is at the end of a pointer; references on the way are followed."""
        node = tree
        for token in tokens:
            while type(node) is dict and token not in node and type(node.get("$ref")) is str:
                if hops > _MAX_HOPS:
                    raise Unreadable("leads in a circle")
                hops += 1
                node, at = self._target(node["$ref"], at, hops)
            if type(node) is dict and token in node:
                node = node[token]
            elif type(node) is list and token.isdecimal() and token.isascii() and int(token[:9]) < len(node):
                node = node[int(token[:9])]
            else:
                return None
            at /= token
        return node, self.original(node, at)

    def _by_name(self, ref: str) -> tuple[Any, Location] | None:
        """A schema by its bare name, as discriminators' mappings and old documents have it."""
        tree = self._store.tree(self._root)
        for place in _SCHEMA_PLACES:
            node, at = tree, Location(self._root)
            for token in (*place, ref):
                node = node.get(token) if type(node) is dict else None
                at /= token
            if node is not None:
                return node, at
        return None

    def _by_id(self, reference: str, fragment: str, file: str, hops: int) -> tuple[Any, Location] | None:
        """A schema that says its own `$id`."""
        found = self._anchors_of(file).by_id(reference) if file in self._store.with_ids else None
        if found is None:
            return None
        node, pointer = found
        at = Location(file, pointer)
        if not fragment:
            return node, at
        for tokens in tokens_of(fragment if fragment[0] == "/" else f"/{fragment}"):
            walked = self._walked(node, tokens, at, hops)
            if walked is not None:
                return walked
        return None

    def _anchors_of(self, file: str) -> Anchors:
        known = self._anchors.get(file)
        if known is None:
            known = self._anchors[file] = Anchors(self._store.tree(file))
        return known


def _renamed(fragment: str) -> list[str]:
    """The pointers that a pointer has in the other dialect."""
    pairs = (*_ALSO_KNOWN_AS, *((new, old) for old, new in _ALSO_KNOWN_AS))
    return [there + fragment.removeprefix(here) for here, there in pairs if fragment.startswith(here)]
