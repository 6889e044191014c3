"""The elements of a complex type, out of its sequences, choices and groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patchbay.importing.model import MOST_PROMISED, promised
from patchbay.importing.wsdl import schemas as xsd
from patchbay.importing.wsdl.members import Member
from patchbay.importing.wsdl.names import split, truth, xsd_children
from patchbay.importing.wsdl.schemas import Definition
from patchbay.importing.wsdl.simple import ANYTHING, TypeReferences

if TYPE_CHECKING:
    from patchbay.importing.wsdl.names import Source
    from patchbay.importing.wsdl.notes import Notes
    from patchbay.importing.wsdl.schemas import Schemas
    from patchbay.importing.wsdl.substitutes import Substitutes

MAX_PARTICLES: Final = 5_000
"""Of one type; groups that hold groups could have any number of them."""

MAX_GROUPS: Final = 50
"""One in the other."""

_GROUPS: Final = frozenset(("sequence", "choice", "all"))


class _Where(NamedTuple):
    """What surrounds a particle."""

    source: Source
    hint: tuple[str, ...]
    required: bool = True
    many: bool = False
    most: int | None = 1
    depth: int = 0

    def inside(self, node: Any, *, choice: bool = False) -> _Where:
        return self._replace(
            required=self.required and not choice and _least(node) > 0,
            many=self.many or _is_many(node),
            most=_times(self.most, _most(node)),
            depth=self.depth + 1,
        )


@dataclass(slots=True)
class ParticleReader:
    """Gathers the elements of one complex type; an element that stands twice is one that may come twice."""

    schemas: Schemas
    references: TypeReferences
    notes: Notes
    substitutes: Substitutes
    members: dict[tuple[str, str], Member] = field(default_factory=dict)
    ordered: bool = True
    _left: int = MAX_PARTICLES

    def clear(self) -> None:
        """Forget what there is."""
        self.members.clear()

    def read(self, node: Any, source: Source, hint: tuple[str, ...]) -> None:
        """Add the elements of a complex type's, an extension's or a restriction's own content."""
        self._children(node, _Where(source, hint), choice=False)

    def _children(self, node: Any, where: _Where, *, choice: bool) -> None:
        for kind, child in xsd_children(node):
            if kind == "element":
                self._element(child, where.inside(child, choice=choice))
            elif kind in _GROUPS:
                inner = where.inside(child, choice=choice)
                self.ordered = self.ordered and kind == "sequence" and not _is_many(child)
                self._children(child, inner, choice=kind == "choice")
            elif kind == "group":
                self._group(child, where.inside(child, choice=choice))
            elif kind == "any":
                self._any(child, where.inside(child, choice=choice))

    def _group(self, node: Any, where: _Where) -> None:
        source = where.source
        name = source.qualified(node, node.get("ref", ""))
        found = self.schemas.find(xsd.GROUP, name, source, node)
        if found is not None and found.original is not None and found.node in node.iterancestors():
            found = found.original
        if found is None or where.depth > MAX_GROUPS:
            self.notes.weaker(
                source, node, f"refers to the group {name}, which is not there, or holds itself"
            )
        elif self._may_go_on(node, source):
            self._children(found.node, where._replace(source=found.source, hint=found.hint), choice=False)

    def _element(self, node: Any, where: _Where) -> None:
        if not self._may_go_on(node, where.source):
            return
        if reference := node.get("ref"):
            self._reference(node, where.source.qualified(node, reference), where)
            return
        local = node.get("name", "").strip()
        if not local:
            return
        form = node.get("form", "").strip()
        is_qualified = form == "qualified" or (not form and where.source.elements)
        namespace = where.source.namespace if is_qualified else ""
        self._add(node, where, (namespace, local), node, where.source)

    def _reference(self, node: Any, name: str, where: _Where) -> None:
        found = self.schemas.find(xsd.ELEMENT, name, where.source, node)
        if found is None:
            self.notes.weaker(where.source, node, f"refers to the element {name}, which is not there")
            namespace, local = split(name)
            self._put(
                Member(local, namespace, ANYTHING, node, where.source, where.required, where.many, None)
            )
            return
        alternatives = self.substitutes.of(found)
        if len(alternatives) > 1:
            where = where._replace(required=False)
        for definition in alternatives:
            if self._may_go_on(node, where.source):
                self._add(node, where, split(definition.name), definition.node, definition.source)

    def _add(self, node: Any, where: _Where, name: tuple[str, str], declared: Any, source: Source) -> None:
        namespace, local = name
        hint = (*where.hint, local) if declared is node else (local,)
        use = self.references.of_element(declared, source, hint)
        nillable = truth(declared.attrib, "nillable") or truth(node.attrib, "nillable")
        self._put(
            Member(
                local,
                namespace,
                use,
                declared,
                source,
                required=where.required,
                many=where.many,
                most=where.most,
                nillable=nillable,
                type_name=use.name,
            )
        )

    def _put(self, member: Member) -> None:
        key = (member.namespace, member.wire)
        there = self.members.setdefault(key, member)
        if there is member:
            return
        # Members of choices are never required, so that one that is stands beside the other.
        there.many = there.many or member.many or there.required or member.required
        there.most = _together(there.most, member.most)
        there.required = there.required or member.required
        if _differ(there, member):
            self.notes.weaker(
                member.source, member.node, f"has the element {member.wire} twice, with different types"
            )

    def _any(self, node: Any, where: _Where) -> None:
        if self._may_go_on(node, where.source):
            member = Member("", "", ANYTHING, node, where.source, where.required, where.many, None)
            there = self.members.setdefault(("", ""), member)
            there.many = there.many or where.many

    def _may_go_on(self, node: Any, source: Source) -> bool:
        self._left -= 1
        if self._left == 0:
            self.notes.weaker(source, node, "is of a type with too many elements; the rest is left out")
        return self._left > 0


def _differ(one: Member, other: Member) -> bool:
    if isinstance(one.use, Definition) and isinstance(other.use, Definition):
        return one.use.node is not other.use.node
    return one.use != other.use


def _least(node: Any) -> int:
    """minOccurs; 1 where it says nothing that can be read."""
    said = node.get("minOccurs", "").strip()
    return 0 if said.isdigit() and not said.strip("0") else 1


def _most(node: Any) -> int | None:
    """maxOccurs, 1 at least; None where it is unbounded, or so large that it bounds nothing."""
    said = node.get("maxOccurs", "").strip()
    digits = said.lstrip("0") or "1"
    if said.isascii() and said.isdigit() and len(digits) <= len(str(MOST_PROMISED)):
        return promised(int(digits))
    return None if _is_many(node) else 1


def _times(around: int | None, each: int | None) -> int | None:
    """How often something may be there that stands in something else."""
    return None if around is None or each is None else promised(around * each)


def _together(one: int | None, other: int | None) -> int | None:
    """How often something may be there that stands at two places."""
    return None if one is None or other is None else promised(one + other)


def _is_many(node: Any) -> bool:
    """Whether maxOccurs is more than one."""
    said = node.get("maxOccurs", "").strip()
    return said not in {"", "0", "1"} and not said.startswith("-")
