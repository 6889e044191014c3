"""Example operations: each opens in a tab of its own."""

from pathlib import Path
from typing import Any

import msgspec


class Example(msgspec.Struct, frozen=True):
    """One operation to start from."""

    name: str
    query: str
    variables: dict[str, Any] | None = None


def load_examples(folder: Path) -> tuple[Example, ...]:
    """The folder's *.graphql files, ordered by file name.

    A file's first line is a comment that names the example. Variables stand in a JSON file beside it with the
    same stem. Raises ValueError, naming the file, where the comment is missing or the variables are no JSON
    object.
    """
    return tuple(_read(file) for file in sorted(folder.glob("*.graphql")))


def _read(file: Path) -> Example:
    query = file.read_text(encoding="utf-8").strip() + "\n"
    first_line = query.partition("\n")[0]
    name = first_line.removeprefix("#").strip()
    if not first_line.startswith("#") or not name:
        raise ValueError(f"{file.name}: the first line must be a comment that names the example")
    variables_file = file.with_suffix(".json")
    variables = _read_variables(variables_file) if variables_file.exists() else None
    return Example(name=name, query=query, variables=variables)


def _read_variables(file: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ValueError(f"{file.name}: variables must be a JSON object: {error}") from error
