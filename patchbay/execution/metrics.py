"""How operations were executed."""

from __future__ import annotations

from collections import Counter

OUTCOMES: Counter[str] = Counter()
"""How many operations were executed which way, since the process started.

compiled       by a plan
incremental    by graphql-core, as the document has @defer or @stream
uncompilable   by graphql-core, as no plan could be made; the log says why
"""
