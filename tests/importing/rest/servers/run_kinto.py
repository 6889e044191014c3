"""Kinto on loopback, with its records in memory: `python kinto.py PORT`."""

from __future__ import annotations

import sys
import warnings

warnings.simplefilter("ignore")

import kinto  # type: ignore[import-untyped]  # noqa: E402 - it warns of its own dependencies when it is imported
from pyramid.config import Configurator  # type: ignore[import-untyped]  # noqa: E402
from waitress import serve  # type: ignore[import-untyped]  # noqa: E402

SETTINGS = {
    "project_name": "kinto",
    "storage_backend": "kinto.core.storage.memory",
    "permission_backend": "kinto.core.permission.memory",
    "cache_backend": "kinto.core.cache.memory",
    "multiauth.policies": "basicauth",
    "userid_hmac_secret": "only for tests",
    "paginate_by": "7",
    "version_json_path": "none",
}

if __name__ == "__main__":
    configurator: Configurator = Configurator(settings=SETTINGS)
    serve(
        kinto.main({}, config=configurator, **SETTINGS), host="127.0.0.1", port=int(sys.argv[1]), _quiet=True
    )
