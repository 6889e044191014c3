"""Where an upstream was declared, and what is wrong with its declaration: told at start, all at once."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patchbay.calls import Breaker, CallOptions, CallPolicy, Egress, HttpCache, Limits, Quota, Retry
from patchbay.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patchbay.environment import Variable
    from patchbay.upstreams.base import Upstream

_HERE = str(Path(__file__).resolve().parent.parent)

_KINDS: dict[str, type] = {
    "limits": Limits,
    "quota": Quota,
    "retry": Retry,
    "breaker": Breaker,
    "cache": HttpCache,
    "egress": Egress,
}
_MAY_BE_NONE = ("quota", "retry", "breaker", "cache")


@dataclass(frozen=True)
class Declaration:
    """One upstream's declaration.

    Args:
        at: file and line, as "adapters/crm.py:22".
        problems: what cannot be meant, one sentence each.
    """

    at: str
    problems: tuple[str, ...] = ()


def declared_here(problems: Sequence[str] = ()) -> Declaration:
    """The declaration that is being made: by the nearest caller outside of this package."""
    frame = sys._getframe(1)  # noqa: SLF001 - the standard library's own way to ask, and traceback is far slower
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    # Folder and file are enough to find it, wherever the project is installed.
    return Declaration(f"{path.parent.name}/{path.name}:{frame.f_lineno}", tuple(problems))


def wrong_names(variables: Callable[[], Sequence[Variable]]) -> list[str]:
    """What is wrong with the names of an upstream's variables."""
    try:
        variables()
    except ConfigurationError as error:
        return [str(error)]
    return []


def require_well_declared(upstreams: Sequence[Upstream]) -> None:
    """Raises ConfigurationError with a line for each mistake: the upstream, its place, and what is wrong."""
    names = Counter(upstream.name for upstream in upstreams)
    problems = [f"two upstreams share the name {name}" for name, number in names.items() if number > 1]
    for upstream in upstreams:
        declaration = upstream.declaration
        problems += [f"{upstream.name} ({declaration.at}): {problem}" for problem in declaration.problems]
    if problems:
        raise ConfigurationError("\n".join(problems))


def policy_of(options: CallOptions) -> tuple[CallPolicy, list[str]]:
    """The options as a policy, and what is wrong with them; parts that are of another kind are left out."""
    problems, usable = [], dict[str, Any]()
    for name, value in options.items():
        kind = _KINDS.get(name)
        if kind is None:
            problems.append(f"{name} is no option; there are {', '.join(_KINDS)}")
        elif isinstance(value, kind) or (value is None and name in _MAY_BE_NONE):
            usable[name] = value
        else:
            problems.append(f"{name} is of the kind {type(value).__name__}, and not {kind.__name__}")
    policy = CallPolicy(**usable)
    return policy, problems + policy.problems()


def usable_credentials(credentials: Any, *needed: str) -> tuple[Any, list[str]]:
    """Credentials as declared, or None and what is wrong with them.

    Args:
        credentials: as declared.
        needed: methods, of which they must have one.
    """
    if credentials is None:
        return None, []
    if not isinstance(credentials, type) and any(hasattr(credentials, name) for name in needed):
        return credentials, []
    given = credentials.__name__ if isinstance(credentials, type) else type(credentials).__name__
    # Not its value: it may be a key that was written in the place of its variable's name.
    return None, [f"credentials cannot be of the kind {given}: patchbay.calls has those that there are"]


def variables_of(credentials: Any) -> Sequence[Variable]:
    """What they read."""
    variables: Sequence[Variable] = credentials.variables() if credentials is not None else ()
    return variables
