"""`python -m patchbay`, or `patchbay` where it is installed: what operators do; see patchbay.cli."""

from __future__ import annotations

import os
import sys

from patchbay.cli import main


def script() -> int:
    """The command; its exit code."""
    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(script())
