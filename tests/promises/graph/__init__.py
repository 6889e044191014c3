"""The graph under test: a few fields over the demo's upstreams, declared as any graph of this server is."""

from __future__ import annotations

from typing import Final

CASE: Final = "PROMISES_CASE"
"""The environment variable that chooses how the upstreams are declared: a name in `options`."""

MUTANT: Final = "PROMISES_MUTANT"
"""The environment variable that chooses what is broken, by its name in `mutants`; empty for nothing."""

NAMES: Final = "PROMISES_NAMES"
"""The environment variable of a JSON file, host -> addresses, in place of the system's name service."""
