"""The environment variables that an imported upstream reads, and whether they are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from patchbay.environment import Environment
from patchbay.importing.project.report import VariableState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patchbay.importing.rest import ImportedRest
    from patchbay.importing.soap import ImportedSoap

_ADDRESS: Final = "address, in place of the description's"
_CREDENTIALS: Final = "credentials, as the description asks for them"


def variable_states(
    upstream: ImportedRest | ImportedSoap, environment: Mapping[str, str]
) -> tuple[VariableState, ...]:
    """The variables that an upstream reads: those that it needs first."""
    known = Environment(environment)
    needed = [
        VariableState(each.name, each.purpose, needed=True, given=known.has(each.name))
        for each in upstream.variables()
    ]
    more = [
        VariableState(
            name,
            _ADDRESS if name == upstream.address_variable else _CREDENTIALS,
            needed=False,
            given=known.has(name),
        )
        for name in upstream.optional_variables()
    ]
    return (*needed, *more)
