"""The graph's server with a new idempotency key for each try: the mutant, whose steps happen twice."""

from __future__ import annotations

import runpy
import uuid

from patchbay.reactions import Step


def _key(self: Step, *parts: str) -> str:
    del self, parts
    return str(uuid.uuid4())


Step.key = _key  # type: ignore[method-assign] # that is the mutation
runpy.run_path("main.py", run_name="__main__")
