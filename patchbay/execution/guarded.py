"""What a client may not see, on graphql-core's own way of executing, and who the client is on both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql.error import located_error
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from patchbay.access.authorization.grants import Grants
from patchbay.access.authorization.rules import rules_of
from patchbay.errors import UnauthorizedFieldOrType
from patchbay.scope import current_scope

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.pyutils import Path

    from patchbay.access.authorization.rules import AccessRules


class GuardedExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, which calls no resolver of what the client may not see.

    The client is the caller of the current scope; where there is none, nobody.
    """

    grants: Grants | None = None
    """What the client may see; None where the schema has nothing that is not for everybody."""

    def identify(self, rules: AccessRules | None = None) -> None:
        """Find out what the client may see: for each operation, and each event of a subscription, anew.

        Args:
            rules: of the schema, where they are at hand.
        """
        rules = rules or rules_of(self.schema)
        if rules.guards_anything:
            scope = current_scope()
            scope.grants = self.grants = Grants(rules, scope.caller.identity)

    def build_resolve_info(
        self,
        field_def: GraphQLField,
        field_nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        path: Path,
    ) -> GraphQLResolveInfo[Any]:
        """As graphql-core's. Nothing but this comes before a subscription's source stream is made."""
        if parent_type is self.schema.subscription_type:
            if self.grants is None:
                self.identify()
            if self._is_denied(parent_type, field_nodes[0].name.value):
                raise located_error(UnauthorizedFieldOrType(), field_nodes, path.as_list())
        return super().build_resolve_info(field_def, field_nodes, parent_type, path)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        """As graphql-core's; a field that may not be seen fails before its resolver is called."""
        name = field_details_list[0].node.name.value
        if self._is_denied(parent_type, name):
            type_ = parent_type.fields[name].type
            self.handle_field_error(UnauthorizedFieldOrType(), type_, field_details_list, path)
            return None
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def complete_object_value(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList, *rest: Any
    ) -> Any:
        """As graphql-core's; an object that may not be seen fails, whatever interface led to it."""
        if self.grants is not None and self.grants.denies_type(return_type.name):
            raise UnauthorizedFieldOrType
        return super().complete_object_value(return_type, field_details_list, *rest)

    def _is_denied(self, parent_type: GraphQLObjectType, name: str) -> bool:
        return self.grants is not None and self.grants.denies_field(parent_type.name, name)
