"""Arguments of fields and variables of an operation, as text and as values."""

from __future__ import annotations

from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputType,
    Undefined,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

_LITERALS = {
    "Int": ("0", "1", "-7", "2147483647"),
    "Float": ("1", "0.5"),
    "String": ('""', '"word"', '"\\u00e9"'),
    "ID": ('"id"', "12"),
    "Boolean": ("true", "false"),
}
_VALUES: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, -7),
    "String": ("", "a word"),
    "Boolean": (True, False),
    "Color": ("RED", "BLUE"),
}


class Variables:
    """An operation's variables, declared as its text is written.

    `values` is what a client sends; a variable that may be missing is missing there at times.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._declared: list[str] = []
        self._flags: list[str] = []
        self.values: dict[str, Any] = {}

    @property
    def text(self) -> str:
        return f"({', '.join(self._declared)})" if self._declared else ""

    def flag(self) -> str:
        """A variable for @skip and @include."""
        if self._flags and self._rng.random() < 0.5:
            return self._rng.choice(self._flags)
        name = self._declare("Boolean!", "true" if self._rng.random() < 0.3 else None)
        if "=" not in self._declared[-1] or self._rng.random() < 0.7:
            self.values[name] = self._rng.random() < 0.6
        self._flags.append(f"${name}")
        return self._flags[-1]

    def of(self, type_: GraphQLInputType, *, has_default: bool) -> str:
        """A variable for a position of this type."""
        rng = self._rng
        text = str(type_)
        if is_non_null_type(type_) and rng.random() < 0.3:
            # A nullable variable may stand where null may not when either has a default; null may still come.
            name = self._declare(text[:-1], None if has_default else _not_null(rng, type_.of_type, None, 0))
            if not has_default or rng.random() < 0.5:
                self.values[name] = None if rng.random() < 0.5 else value(rng, type_.of_type)
            return f"${name}"
        nullable = not is_non_null_type(type_)
        default = literal(rng, type_) if rng.random() < 0.3 else None
        name = self._declare(text, default)
        if not (nullable or default) or rng.random() < 0.7:
            self.values[name] = None if nullable and rng.random() < 0.2 else value(rng, type_)
        return f"${name}"

    def _declare(self, type_text: str, default: str | None) -> str:
        name = f"v{len(self._declared)}"
        self._declared.append(f"${name}: {type_text}" + (f" = {default}" if default else ""))
        return name


def arguments(rng: Random, declared: dict[str, GraphQLArgument], variables: Variables) -> str:
    """The arguments of a field in brackets, or nothing."""
    given = []
    for name, argument in declared.items():
        has_default = argument.default_value is not Undefined or argument.default is not None
        if (is_non_null_type(argument.type) and not has_default) or rng.random() < 0.6:
            if rng.random() < 0.35:
                text = variables.of(argument.type, has_default=has_default)
            else:
                text = literal(rng, argument.type, variables)
            given.append(f"{name}: {text}")
    rng.shuffle(given)
    return f"({', '.join(given)})" if given else ""


def literal(rng: Random, type_: GraphQLInputType, variables: Variables | None = None, depth: int = 0) -> str:
    """A literal of this type; with `variables` there may be some in it."""
    if is_non_null_type(type_):
        return _not_null(rng, type_.of_type, variables, depth)
    return "null" if rng.random() < 0.1 else _not_null(rng, type_, variables, depth)


def _not_null(rng: Random, type_: GraphQLInputType, variables: Variables | None, depth: int) -> str:
    if is_list_type(type_):
        if rng.random() < 0.2:
            return literal(rng, type_.of_type, variables, depth + 1)
        items = (literal(rng, type_.of_type, variables, depth + 1) for _ in range(rng.randint(0, 2)))
        return f"[{', '.join(items)}]"
    if is_enum_type(type_):
        names: list[str] = list(type_.values)
        return rng.choice(names)
    if is_input_object_type(type_):
        if type_.is_one_of:
            name, field = rng.choice(list(type_.fields.items()))
            return f"{{{name}: {_not_null(rng, field.type, variables, depth)}}}"
        chosen = _chosen(rng, type_, depth)
        members = (f"{name}: {_member(rng, field, variables, depth)}" for name, field in chosen.items())
        return "{" + ", ".join(members) + "}"
    return rng.choice(_LITERALS[type_.name])  # type: ignore[union-attr]


def _member(rng: Random, field: GraphQLInputField, variables: Variables | None, depth: int) -> str:
    if variables is not None and rng.random() < 0.2:
        return variables.of(field.type, has_default=False)
    return literal(rng, field.type, variables, depth + 1)


def _chosen(rng: Random, type_: Any, depth: int) -> dict[str, GraphQLInputField]:
    if type_.is_one_of:
        name = rng.choice(list(type_.fields))
        return {name: type_.fields[name]}
    return {
        name: field
        for name, field in type_.fields.items()
        if rng.random() < 0.4 and (depth < 2 or not is_input_object_type(field.type))
    }


def value(rng: Random, type_: GraphQLInputType, depth: int = 0) -> Any:
    """A value of this type as a client sends it."""
    if is_non_null_type(type_):
        return value(rng, type_.of_type, depth)
    if is_list_type(type_):
        return [value(rng, type_.of_type, depth + 1) for _ in range(rng.randint(0, 2))]
    if is_input_object_type(type_):
        chosen = _chosen(rng, type_, depth)
        return {name: value(rng, field.type, depth + 1) for name, field in chosen.items()}
    return rng.choice(_VALUES[type_.name])  # type: ignore[union-attr]
