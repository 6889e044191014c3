"""Document -> plan: fields collected, merged and classified once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, TypeNameMetaFieldDef, is_leaf_type, is_list_type, is_non_null_type
from graphql.execution.collect_fields import collect_fields, collect_subfields
from graphql.execution.executor import SELECTIONS_NESTED_TOO_DEEPLY, default_field_resolver
from graphql.type import is_object_type

from patchbay.errors import UnauthorizedFieldOrType
from patchbay.execution.leaves import form_of
from patchbay.execution.plan import (
    AbstractOutput,
    Attribute,
    Denied,
    Edge,
    FieldPlan,
    LeafOutput,
    ListOutput,
    Member,
    ObjectOutput,
    Output,
    Resolver,
    Selection,
    Source,
    TypeName,
    innermost,
)
from patchbay.execution.reads import narrow_reads, note_reads
from patchbay.execution.rows import row_builder
from patchbay.execution.strawberry_fields import strawberry_source

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLObjectType, GraphQLOutputType
    from graphql.execution.collect_fields import CollectedFields, GroupedFieldSet

    from patchbay.execution.executor import CompiledExecutor

_SAME_FOR_ALL = TypeName | Attribute | Edge | Denied
"""Sources that answer the same wherever the same object stands."""

MAX_DEPTH = 128
"""Objects in objects. Where it is passed, the next object is an error: the answer is walked recursively."""


def compile_operation(executor: CompiledExecutor, root_type: GraphQLObjectType) -> Selection:
    """The plan of the executor's operation, for its variables' @skip and @include.

    Raises:
        GraphQLError: a directive's argument cannot be used, or the selections are nested too deeply.
    """
    try:
        collected: CollectedFields | None = collect_fields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            root_type,
            executor.operation,
            executor.hide_suggestions,
        )
    except RecursionError:
        collected = None
    # Out here, so that the RecursionError and all its frames are not kept as this error's context.
    if collected is None:
        raise GraphQLError(SELECTIONS_NESTED_TOO_DEEPLY, executor.operation)
    selection = _selection(executor, root_type, collected.grouped_field_set, 0)
    narrow_reads(selection)
    note_reads(selection)
    return selection


def selection_of(
    executor: CompiledExecutor, field: FieldPlan, type_: GraphQLObjectType, depth: int
) -> Selection:
    """What a field selects on one of its types; compiled when it is asked for first.

    Args:
        executor: of the operation.
        field: the field.
        type_: an object type that it can come to.
        depth: how many fields stand above.

    Raises:
        GraphQLError: a directive's argument cannot be used.
        UnauthorizedFieldOrType: nothing of this type may be seen.
    """
    if executor.grants is not None and executor.grants.denies_type(type_.name):
        raise UnauthorizedFieldOrType
    found = field.selections.get(type_)
    if found is None:
        try:
            collected = collect_subfields(
                executor.schema,
                executor.fragments,
                executor.variable_values,
                executor.operation,
                type_,
                field.details,
                executor.hide_suggestions,
            )
            found = _selection(executor, type_, collected.grouped_field_set, depth + 1)
        except GraphQLError as error:
            found = error
        field.selections[type_] = found
    if isinstance(found, GraphQLError):
        raise found
    return found


def _selection(
    executor: CompiledExecutor, type_: GraphQLObjectType, grouped: GroupedFieldSet, depth: int
) -> Selection:
    fields = []
    shareable = True
    for key, details in grouped.items():
        name = details[0].node.name.value
        definition = executor.schema.get_field(type_, name)
        if definition is None:
            continue
        denied = executor.grants is not None and executor.grants.denies_field(type_.name, name)
        source = Denied() if denied else _source(executor, definition, type_.name)
        field = FieldPlan(key, definition, details, type_, source, output_of(definition.type))
        fields.append(field)
        # Nothing under a field that may not be seen is compiled, so that nothing there can be read.
        field.shareable = denied or _is_shareable(executor, field, depth)
        shareable = shareable and field.shareable and isinstance(source, _SAME_FOR_ALL)
    return Selection(type_, tuple(fields), row_builder(tuple(f.key for f in fields)), shareable=shareable)


def _source(executor: CompiledExecutor, definition: GraphQLField, type_name: str) -> Source:
    if executor.middleware_manager is not None and executor.middleware_manager.middlewares:
        # Middleware wraps resolvers, so that each has to be called.
        return Resolver()
    if definition is TypeNameMetaFieldDef:
        return TypeName()
    if definition.resolve is None:
        return Member() if executor.field_resolver is default_field_resolver else Resolver()
    return strawberry_source(definition, executor.schema, type_name) or Resolver()


def output_of(type_: GraphQLOutputType, *, nullable: bool = True) -> Output:
    """A GraphQL type as what values are completed to."""
    if is_non_null_type(type_):
        return output_of(type_.of_type, nullable=False)
    if is_list_type(type_):
        return ListOutput(output_of(type_.of_type), nullable=nullable)
    if is_leaf_type(type_):
        return LeafOutput(type_, nullable=nullable, form=form_of(type_))
    if is_object_type(type_):
        return ObjectOutput(type_, nullable=nullable)
    abstract: Any = type_
    return AbstractOutput(abstract, nullable=nullable)


def _is_shareable(executor: CompiledExecutor, field: FieldPlan, depth: int) -> bool:
    """Whether nothing under the field can tell occurrences of the same source apart.

    Compiles what stands under it: what breaks there shall do so before anything is run. Interfaces and unions
    are compiled for the types that occur.
    """
    output = innermost(field.output)
    if isinstance(output, LeafOutput):
        return True
    if isinstance(output, AbstractOutput) or depth >= MAX_DEPTH:
        return False
    try:
        return selection_of(executor, field, output.type, depth).shareable
    except GraphQLError:
        return False
