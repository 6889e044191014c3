"""The line of a merge: types of several upstreams that stand for one thing.

shop.Customer, crm.Customer key id
"""

from __future__ import annotations

from patchbay.importing.build.edits import Merge
from patchbay.importing.project.lines import Line


def parse_merge(text: str, where: str = "a merge") -> Merge:
    """The merge of a line. Raises ConfigurationError with the line, a caret and what was expected."""
    line = Line(text, where)
    types = [line.name("upstream.Type", 2)]
    while line.takes(","):
        types.append(line.name("upstream.Type", 2))
    line.sign("key")
    (key,) = line.name("the field that tells which are the same")
    line.done("one field")
    if len(types) < 2:  # noqa: PLR2004 - plain where it stands
        line.fail("a merge needs two types with a comma between", 0)
    if len({upstream for upstream, _ in types}) != len(types):
        line.fail("a merge takes one type of each upstream", 0)
    return Merge(tuple((upstream, type_) for upstream, type_ in types), key)
