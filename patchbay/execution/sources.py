"""Where the values of a column come from, when they are not simply read in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from graphql.execution.values import get_argument_values

from patchbay.errors import UnauthorizedFieldOrType
from patchbay.execution.plan import (
    Attribute,
    Denied,
    Edge,
    Function,
    Member,
    NotAColumn,
    Resolver,
    TypeName,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.execution.block import Block
    from patchbay.execution.plan import FieldPlan
    from patchbay.execution.run import Run

_log = structlog.get_logger("patchbay.execution")

_NO_ARGUMENTS: dict[str, Any] = {}

_UNCHANGING = (str, int, float, bool, type(None))
"""Argument values that a resolver cannot change for the next row."""

_CALLABLE: dict[type, bool] = {}


def resolved(run: Run, block: Block, field: FieldPlan) -> list[Any]:
    """What a field resolves to for each source of the block, before it is completed. Of edges, the keys."""
    source, sources = field.source, block.sources
    values: list[Any] | None = None
    match source:
        case Edge(ask=ask) if ask is not None:
            values = _asked(run, field, ask, len(sources))
        case Attribute() | Edge():
            try:
                values = source.column(sources)
            except NotAColumn:
                pass
            except Exception:  # noqa: BLE001 - found again, and told, source by source
                values = _one_by_one(run, block, field, source)
        case TypeName():
            values = [block.selection.type.name] * len(sources)
        case Function():
            values = _function_column(run, source, sources)
        case Member():
            values = _member_column(field.name, sources)
        case Denied():
            values = [run.fail(UnauthorizedFieldOrType())] * len(sources)
        case Resolver():
            pass
    return _call_each(run, block, field) if values is None else values


def _call_each(run: Run, block: Block, field: FieldPlan) -> list[Any]:
    executor = run.executor
    resolve = field.definition.resolve or executor.field_resolver
    if executor.middleware_manager:
        resolve = executor.middleware_manager.get_field_resolver(resolve)
    values: list[Any] = []
    for row, source in enumerate(block.sources):
        try:
            values.append(resolve(source, run.info(block, field, row), **_arguments_of(run, field)))
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is its field's error
            values.append(run.fail(error))
    return values


def _arguments_of(run: Run, field: FieldPlan) -> dict[str, Any]:
    """A field's arguments; made anew for each call where a resolver could change them."""
    first = field.details[0]
    if not field.definition.args and not first.node.arguments:
        return _NO_ARGUMENTS
    found = run.arguments.get(field)
    if found is not None:
        return found
    arguments = get_argument_values(
        field.definition,
        first.node,
        run.executor.variable_values,
        first.fragment_variable_values,
        run.executor.hide_suggestions,
    )
    if all(type(value) in _UNCHANGING for value in arguments.values()):
        run.arguments[field] = arguments
    return arguments


def _asked(run: Run, field: FieldPlan, ask: Callable[[Mapping[str, Any]], Any], count: int) -> list[Any]:
    """The key that a field's arguments make, for each of so many sources."""
    try:
        arguments = _arguments_of(run, field)
        return [ask(arguments) for _ in range(count)]
    except Exception as error:  # noqa: BLE001 - an argument that cannot be used is the field's error
        return [run.fail(error)] * count


def _one_by_one(run: Run, block: Block, field: FieldPlan, source: Attribute | Edge) -> list[Any]:
    """Source by source, as one of them raises. A record without the attribute is named in the log."""
    values: list[Any] = []
    lacking: set[type] = set()
    for each in block.sources:
        try:
            values.append(source.one(each))
        except Exception as error:  # noqa: BLE001 - whatever a property raises is its field's error
            if isinstance(error, AttributeError):
                lacking.add(type(each))
            values.append(run.fail(error))
    for record in lacking:
        _log.error(
            "record_lacks_attribute",
            type=field.parent_type.name,
            field=field.name,
            record=f"{record.__module__}.{record.__qualname__}",
        )
    return values


def _function_column(run: Run, source: Function, sources: Sequence[Any]) -> list[Any]:
    """Each source's answer, or what it raised."""
    call = source.call
    values: list[Any] = []
    for each in sources:
        try:
            values.append(call(each))
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is its field's error
            values.append(run.fail(error))
    return values


def _member_column(name: str, sources: Sequence[Any]) -> list[Any] | None:
    """What graphql-core's default resolver reads; None where it raises or would have to be called."""
    try:
        values = [
            each.get(name) if isinstance(each, Mapping) else getattr(each, name, None) for each in sources
        ]
    except Exception:  # noqa: BLE001 - found again, and told, source by source
        return None
    return None if any(map(_is_callable, set(map(type, values)))) else values


def _is_callable(kind: type) -> bool:
    found = _CALLABLE.get(kind)
    if found is None:
        found = _CALLABLE[kind] = hasattr(kind, "__call__")  # noqa: B004 - of the type, not of a value
    return found
