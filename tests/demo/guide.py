"""Follows docs/adding-an-upstream.md to the letter: the files and changes that its seven steps show."""

import re
from pathlib import Path
from typing import NamedTuple

BLOCK = re.compile(r"^```(python|diff)\n(?: ?# (\S+)\n)(.*?)^```$", re.MULTILINE | re.DOTALL)
LAST_STEP = "\n## 7. "


class Block(NamedTuple):
    """A whole file (python) or the changes to one (diff)."""

    kind: str
    path: str
    text: str


def blocks(document: str) -> list[Block]:
    """The blocks of the steps, in their order."""
    steps, found, _ = document.partition(LAST_STEP)
    assert found, "the document has no last step"
    return [Block(*match.groups()) for match in BLOCK.finditer(steps)]


def follow(document: str, house: Path) -> list[str]:
    """Does what the steps say in the repository at `house`; the paths that were written."""
    done = blocks(document)
    for block in done:
        file = house / block.path
        if block.kind == "python":
            assert not file.exists(), block.path
            file.write_text(block.text)
        else:
            file.write_text(changed(file.read_text(), block))
    return [block.path for block in done]


def changed(text: str, block: Block) -> str:
    """`text` with the changes; each hunk stands in it exactly once."""
    for hunk in block.text.split(" ...\n"):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] or "\n" for line in lines if line[0] != "+")
        after = "".join(line[1:] or "\n" for line in lines if line[0] != "-")
        assert text.count(before) == 1, f"{block.path}: {before}"
        text = text.replace(before, after)
    return text
