"""What a process loads before it knows what it needs."""

from __future__ import annotations

import subprocess
import sys

from tests.serving import ROOT


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has after it."""
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    return set(done.stdout.decode().split())


def test_a_server_without_soap_and_postgresql_waits_for_no_library_of_theirs() -> None:
    loaded = loaded_by("import patchbay.server.serve, patchbay.importing.project")
    assert "patchbay.upstreams" in loaded
    assert not loaded & {"zeep", "requests", "psycopg"}


def test_what_is_of_soap_is_there_when_it_is_asked_for() -> None:
    from_package = "from patchbay.upstreams import Soap, UsernameToken, Wsse, X509Signature"
    assert "zeep" in loaded_by(from_package)
