"""The environment variables that an imported upstream reads, and whether they are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.environment import Environment
from patchbay.importing.naming import enum_name
from patchbay.importing.project.report import VariableState
from patchbay.importing.rest import ImportedRest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.soap import ImportedSoap

_ADDRESS: Final = "address, in place of the description's"


def variable_states(
    upstream: ImportedRest | ImportedSoap, environment: Mapping[str, str]
) -> tuple[VariableState, ...]:
    """The variables that an upstream reads: those that it needs first."""
    known = Environment(environment)
    needed = [
        VariableState(each.name, each.purpose, needed=True, given=known.has(each.name))
        for each in upstream.variables()
    ]
    if isinstance(upstream, ImportedRest):
        names = [(name, _purpose(name, upstream.name)) for name in upstream.optional_variables()]
    else:
        names = [(f"{enum_name(upstream.name)}_URL", _ADDRESS)]
    taken = {each.name for each in needed}
    more = [
        VariableState(name, what, needed=False, given=known.has(name))
        for name, what in names
        if name not in taken
    ]
    return (*needed, *more)


def _purpose(name: str, upstream: str) -> str:
    return (
        _ADDRESS if name == f"{enum_name(upstream)}_URL" else "credentials, as the description asks for them"
    )
