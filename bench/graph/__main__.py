"""`python -m bench.graph`: posts and their users over BLOG_URL, one process on one core."""

from __future__ import annotations

import sys

from bench.graph.application import main
from bench.graph.posts import schema

if __name__ == "__main__":
    sys.exit(main(schema))
