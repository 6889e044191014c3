"""What has changed between two models of one upstream, and whom that breaks.

changes     one change, and how much it breaks
signatures  types as GraphQL writes them
operations  fields of Query and Mutation, and how they are called
types       objects, inputs, enums and unions
compare     the whole
"""

from patchbay.importing.drift.changes import Breaks, Change
from patchbay.importing.drift.compare import changes_between

__all__ = ["Breaks", "Change", "changes_between"]
