"""To whom a part of the server is open: its schema, and GraphiQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

from patchbay.errors import PatchbayError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode

    from patchbay.access.identity import Identity

_SCOPE: Final = "scope:"
_OF_SCHEMA: Final = frozenset(("__schema", "__type"))


class SchemaHidden(PatchbayError):
    """The operation asks for the schema, which is not for this client."""

    code = "INTROSPECTION_DENIED"
    status = 403

    def __init__(self) -> None:
        super().__init__("the schema is not for everybody: '__schema' and '__type' cannot be asked for")


class Audience(msgspec.Struct, frozen=True):
    """Some of all clients.

    Args:
        is_everyone: also those that prove nothing.
        needs_proof: those that have proven who they are.
        scope: and may do this.
    """

    is_everyone: bool = False
    needs_proof: bool = False
    scope: str | None = None

    @classmethod
    def of(cls, text: str, *, knows_identities: bool) -> Audience:
        """As a setting says it.

        Args:
            text: everyone, authenticated, scope:NAME, nobody, or auto: everyone as long as nobody can prove
                anything, and authenticated otherwise.
            knows_identities: whether clients can prove who they are.

        Raises:
            ValueError: it is none of these.
        """
        if text == "auto":
            text = "authenticated" if knows_identities else "everyone"
        if text.startswith(_SCOPE) and text != _SCOPE:
            return cls(needs_proof=True, scope=text.removeprefix(_SCOPE).strip())
        if text not in ("everyone", "authenticated", "nobody"):
            raise ValueError(text)
        return cls(is_everyone=text == "everyone", needs_proof=text == "authenticated")

    def admits(self, identity: Identity) -> bool:
        """Whether it is one of them."""
        if self.is_everyone:
            return True
        if not self.needs_proof or not identity.is_authenticated or identity.has_expired:
            return False
        return self.scope is None or self.scope in identity.scopes

    @property
    def is_nobody(self) -> bool:
        """Whether it is empty."""
        return not self.is_everyone and not self.needs_proof


def asks_for_schema(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> bool:
    """Whether an operation selects __schema or __type anywhere, directly or through fragments.

    They are fields of the query type, which other fields may return as well, and no other field has such a
    name. A directive that may leave one out makes no difference.

    Args:
        operation: of any document, valid or not.
        fragments: of its document, by name.
    """
    seen: set[str] = set()
    waiting: list[SelectionSetNode | None] = [operation.selection_set]
    while waiting:
        selection_set = waiting.pop()
        for each in selection_set.selections if selection_set is not None else ():
            if isinstance(each, FieldNode):
                if each.name.value in _OF_SCHEMA:
                    return True
                waiting.append(each.selection_set)
            elif isinstance(each, InlineFragmentNode):
                waiting.append(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                name = each.name.value
                seen.add(name)
                if name in fragments:
                    waiting.append(fragments[name].selection_set)
    return False
