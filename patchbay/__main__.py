"""`python -m patchbay`: what operators do from a terminal. See patchbay.cli."""

from __future__ import annotations

import os
import sys

from patchbay.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
