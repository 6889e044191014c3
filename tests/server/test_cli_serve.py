"""`python -m patchbay serve`: options, and who may ask where nobody can be told apart."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters import UPSTREAMS
from demo.launch import Demo
from patchbay.server import Settings
from patchbay.server.listening import is_loopback
from tests.serving import ROOT, GraphServer

ANYWHERE = "0.0.0.0"  # noqa: S104 - what most of this is about
WAYS_OUT = ("PATCHBAY_API_KEYS", "PATCHBAY_JWT_ISSUER", "listen on 127.0.0.1", "--public")
REFUSED = "would let anyone ask anything"
ALLOWED = "Address already in use"
"""Whoever comes as far as this may listen; the port is taken, so that nothing is served."""

SMALL = """
import strawberry
from patchbay.server import GraphSchema, create_app

@strawberry.type
class Query:
    one: int = 1

VALUE = 1

def application(settings):
    return create_app(upstreams=(), schema=GraphSchema(query=Query), settings=settings, environment={})
"""

# Each start of a process costs seconds, so that one makes all of these calls.
ASKING = """
import contextlib, io, json, sys
from patchbay.cli import main
for arguments, environment in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(["serve", *arguments], environment)
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""

SMALL_APP = ["--app", "small:application"]
KEYS = {"PATCHBAY_API_KEYS": "true"}

CASES: dict[str, tuple[list[str], dict[str, str], int, str]] = {
    "another address": ([*SMALL_APP, "--host", ANYWHERE], {}, 2, REFUSED),
    "another address by variable": (SMALL_APP, {"PATCHBAY_HOST": "::"}, 2, REFUSED),
    "another address, anonymous clients let in": (
        [*SMALL_APP, "--host", ANYWHERE],
        {"PATCHBAY_ANONYMOUS": "true"},
        2,
        REFUSED,
    ),
    "another address, and public": ([*SMALL_APP, "--host", ANYWHERE, "--public"], {}, 1, ALLOWED),
    "another address, and keys": ([*SMALL_APP, "--host", ANYWHERE], KEYS, 1, ALLOWED),
    "another address, and keys for some": (
        [*SMALL_APP, "--host", ANYWHERE],
        {**KEYS, "PATCHBAY_ANONYMOUS": "true"},
        1,
        ALLOWED,
    ),
    "another address, and tokens": (
        [*SMALL_APP, "--host", ANYWHERE],
        {"PATCHBAY_JWT_ISSUER": "https://issuer.example", "PATCHBAY_JWT_AUDIENCE": "graph"},
        1,
        ALLOWED,
    ),
    "this machine": (SMALL_APP, {}, 1, ALLOWED),
    "this machine by name": ([*SMALL_APP, "--host", "localhost"], {}, 1, ALLOWED),
    "options before variables": ([*SMALL_APP, "--host", "127.0.0.1"], {"PATCHBAY_HOST": "::"}, 1, ALLOWED),
    "a name without a function": (["--app", "small"], {}, 2, "no name of a function, as main:application is"),
    "a name of three parts": (["--app", "small:application:x"], {}, 2, "is no name of a function"),
    "no name": (["--app", ""], {}, 2, "is no name of a function"),
    "a path": (["--app", "../small:application"], {}, 2, "is no name of a function"),
    "a module that is not there": (["--app", "nowhere:application"], {}, 2, "there is no nowhere.py here"),
    "a function that is not there": (["--app", "small:nothing"], {}, 2, "small has no function nothing"),
    "what is no function": (["--app", "small:VALUE"], {}, 2, "small has no function VALUE"),
    "a port of letters": ([*SMALL_APP, "--port", "eighty"], {}, 2, "PORT"),
    "port 0": ([*SMALL_APP, "--port", "0"], {}, 2, "PORT"),
    "an empty port": ([*SMALL_APP, "--port", ""], {}, 2, "--port needs a value"),
    "an empty host": ([*SMALL_APP, "--host", ""], {}, 2, "--host needs a value"),
    "an option that is none": ([*SMALL_APP, "--prot", "1"], {}, 2, "unrecognized arguments: --prot 1"),
    "a word": ([*SMALL_APP, "now"], {}, 2, "unrecognized arguments: now"),
    "help": (["--help"], {}, 0, ""),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """(exit code, standard output, standard error) of each case."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.py").write_text(SMALL)
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = {"PORT": str(taken.getsockname()[1]), "PATCHBAY_DATABASE": str(folder / "x.sqlite3")}
        calls = [(arguments, {**given, **more}) for arguments, more, _, _ in CASES.values()]
        done = subprocess.run(
            [sys.executable, "-c", ASKING],
            input=json.dumps(calls),
            cwd=folder,
            env={**clean, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_in_a_sentence_what_is_wrong(answers: dict[str, Any], name: str) -> None:
    _, _, expected_code, expected = CASES[name]
    code, _, told = answers[name]
    assert code == expected_code, told
    assert expected in told
    assert "Traceback" not in told


def test_a_refusal_names_the_ways_out(answers: dict[str, Any]) -> None:
    _, _, told = answers["another address"]
    assert [each for each in WAYS_OUT if each not in told] == []


def test_help_names_every_option_setting_and_variable(answers: dict[str, Any]) -> None:
    _, text, _ = answers["help"]
    names = ["--app", "--host", "--port", "--public"]
    names += [str(field.alias) for field in Settings.model_fields.values()]
    names += [variable.name for upstream in UPSTREAMS for variable in upstream.variables()]
    assert [name for name in names if name not in text] == []


def test_it_serves_the_graph_of_its_folder(demo: Demo, tmp_path: Path) -> None:
    command = ["-m", "patchbay", "serve", "--host", ANYWHERE, "--public"]
    with GraphServer(demo.environment, tmp_path / "inbox.sqlite3", command) as server:
        assert server.execute('{ customer(id: "C1007") { name } }').data["customer"]["name"]
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("127.1", True),
        (ANYWHERE, False),
        ("0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("nowhere.invalid", False),
        ("a" * 300, False),
    ],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, *, expected: bool) -> None:
    assert is_loopback(host) is expected
