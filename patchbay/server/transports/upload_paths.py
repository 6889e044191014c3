"""Where the files of a request belong: paths into its variables, as `variables.input.files.0`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from graphql import get_named_type, is_input_object_type, is_list_type, is_non_null_type, type_from_ast

from patchbay.server.refusals import refused
from patchbay.uploads import SCALAR_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import GraphQLSchema, VariableDefinitionNode

    from patchbay.server.refusals import Refusal
    from patchbay.uploads import UploadedFile

Path: TypeAlias = "tuple[str, ...]"
"""Of steps behind `variables`: names, and numbers in lists."""

_MOST_TOLD: Final = 80
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,6}")


def paths_in(value: Any, most_files: int) -> dict[str, list[Path]]:
    """The map of a request: name of a part -> where its file belongs.

    Args:
        value: the field `map`, decoded.
        most_files: how many there may be.

    Raises:
        Refusal: 400, it is no map, or names a place twice; 413, it names too many files.
    """
    if not isinstance(value, dict):
        raise refused(400, "'map' must be an object of lists of paths")
    if len(value) > most_files:
        raise refused(413, f"a request has at most {most_files} files")
    found: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for name, texts in value.items():
        if not isinstance(texts, list) or not texts or not all(isinstance(each, str) for each in texts):
            raise refused(400, "'map' must be an object of lists of paths, each with one path at least")
        found[name] = [_path(text) for text in texts]
        for path in found[name]:
            if path in seen:
                raise _wrong(path, "more than once")
            seen.add(path)
    return found


def require_places(variables: dict[str, Any] | None, paths: Iterable[Path]) -> None:
    """Raises Refusal 400 where one of the paths leads to nothing, or to something else than null."""
    for path in paths:
        try:
            at: Any = variables or {}
            for step in path:
                at = at[_key(at, step)]
        except (LookupError, TypeError):
            raise _wrong(path, "and the variables have nothing there") from None
        if at is not None:
            raise _wrong(path, "and the variable is not null there")


def put(variables: dict[str, Any], path: Path, file: UploadedFile) -> None:
    """The file into its place, which is known to be there."""
    at: Any = variables
    for step in path[:-1]:
        at = at[_key(at, step)]
    at[_key(at, path[-1])] = file


def require_uploads(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], paths: Iterable[Path]
) -> None:
    """Raises Refusal 400 where a file has come for something else than an `Upload`.

    Scalars that take anything would take files as well, and nothing behind them knows what to do with one.

    Args:
        schema: graphql-core's.
        definitions: the operation's variables.
        paths: of all files.
    """
    types = {each.variable.name.value: type_from_ast(schema, each.type) for each in definitions}
    for path in paths:
        named = _type_at(types, path)
        if named is None or named.name != SCALAR_NAME:
            raise _wrong(path, f"where the operation takes no {SCALAR_NAME}", is_graphql=True)


def _type_at(types: Mapping[str, Any], path: Path) -> Any:
    """The named type at a path into valid variables; None where nothing is declared there."""
    at = types.get(path[0])
    for step in path[1:]:
        at = at.of_type if is_non_null_type(at) else at
        if is_list_type(at) and _INDEX.fullmatch(step):
            at = at.of_type
            continue
        # A single object stands for a list of one.
        named = None if at is None else get_named_type(at)
        field = named.fields.get(step) if is_input_object_type(named) else None
        at = None if field is None else field.type
    return None if at is None else get_named_type(at)


def _path(text: str) -> Path:
    root, *steps = text.split(".")
    if root != "variables" or not steps:
        problem = f"'map' names {_shown(text)}, and files go into the operation's 'variables.…' alone"
        raise refused(400, problem)
    return tuple(steps)


def _key(at: Any, step: str) -> str | int:
    """Raises TypeError, LookupError."""
    if isinstance(at, list):
        if not _INDEX.fullmatch(step):
            raise KeyError(step)
        return int(step)
    if not isinstance(at, dict):
        raise TypeError
    return step


def _wrong(path: Path, what: str, *, is_graphql: bool = False) -> Refusal:
    problem = f"'map' names {_shown('.'.join(('variables', *path)))} {what}"
    code = "BAD_USER_INPUT" if is_graphql else None
    return refused(400, problem, code=code, is_graphql=is_graphql)


def _shown(text: str) -> str:
    return f"'{text[:_MOST_TOLD]}…'" if len(text) > _MOST_TOLD else f"'{text}'"
