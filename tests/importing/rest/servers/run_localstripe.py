"""localstripe on loopback, without its file on disk: `python localstripe.py PORT`."""

from __future__ import annotations

import sys

from aiohttp import web
from localstripe.resources import Store  # type: ignore[import-untyped] # it has no types
from localstripe.server import app  # type: ignore[import-untyped] # as above


def forget(_: object) -> None:
    """In place of a pickle in /tmp, which all on the machine would share."""


if __name__ == "__main__":
    Store.dump_to_disk = forget
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
