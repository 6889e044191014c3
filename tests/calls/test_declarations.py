"""A wrong declaration stops the start, with the adapter's name and line, and not the first query."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from patchbay.calls import ApiKey, Breaker, Limits, PerSecond, Quota, Retry
from patchbay.upstreams import Rest, Soap
from tests.serving import ROOT

ADAPTER = '''"""Things."""

import msgspec

from patchbay.calls import *
from patchbay.upstreams import Rest, Soap

things = Rest(
    "things",
    base_url="THINGS_URL",
    {options}
)
other = Rest("other", base_url="OTHER_URL", quota=PerSecond(0))
'''

SERVER = """
import os, sys
import strawberry
from adapters_under_test import things as adapter
from patchbay.server import GraphSchema, Settings, create_app, serve

@strawberry.type
class Query:
    well: bool = True

UPSTREAMS = (adapter.things, adapter.other)
def application(settings):
    schema = GraphSchema(query=Query)
    return create_app(upstreams=UPSTREAMS, schema=schema, settings=settings, environment=os.environ)
sys.exit(serve(application, UPSTREAMS, os.environ, []))
"""


def start(folder: Path, adapter: str, **variables: str) -> subprocess.CompletedProcess[str]:
    package = folder / "adapters_under_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "things.py").write_text(adapter)
    (folder / "server.py").write_text(SERVER)
    return subprocess.run(
        [sys.executable, "server.py"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{folder}", **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ('credentials="sk_live_canary",', "credentials cannot be of the kind str"),
        ("credentials=object(),", "credentials cannot be of the kind object"),
        ("credentials=ApiKey,", "credentials cannot be of the kind ApiKey"),
        ('credentials=ApiKey("sk_live_canary"),', "API key, sent as X-Api-Key must be given by the name of"),
        ("quota=PerSecond(0),", "quota: 0 calls can never be made"),
        ("quota=50,", "quota is of the kind int, and not Quota"),
        ("limits=Limits(concurrency=0),", "limits.concurrency must be at least 1"),
        ("limits=None,", "limits is of the kind NoneType, and not Limits"),
        ("retry=Retry(attempts=0),", "retry.attempts must be at least 1"),
        ("breaker=Breaker(failures=2),", "breaker.failures must be above 0"),
        ("qouta=PerSecond(5),", "qouta is no option; there are limits, quota, retry"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_all_others(tmp_path: Path, options: str, problem: str) -> None:
    ended = start(tmp_path, ADAPTER.format(options=options))
    assert ended.returncode == 2, ended.stderr
    assert f"things (adapters_under_test/things.py:8): {problem}" in ended.stderr
    assert "other (adapters_under_test/things.py:13): quota: 0 calls can never be made" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "canary" not in ended.stderr


def test_a_missing_variable_is_told_with_its_place(tmp_path: Path) -> None:
    adapter = ADAPTER.replace("PerSecond(0)", "PerSecond(1)").format(
        options='credentials=ApiKey("THINGS_KEY"),'
    )
    ended = start(tmp_path, adapter, OTHER_URL="http://127.0.0.1:1")
    assert ended.returncode == 2
    place = "things, adapters_under_test/things.py:8"
    assert f"THINGS_URL  ({place}: address of the REST service)" in ended.stderr
    assert f"THINGS_KEY  ({place}: API key, sent as X-Api-Key)" in ended.stderr
    assert "OTHER_URL" not in ended.stderr


def test_every_kind_knows_where_it_was_declared() -> None:
    rest = Rest("a", base_url="A_URL")
    soap = Soap("b", wsdl="B_WSDL", credentials=ApiKey("B_KEY"))
    here = f"calls/{Path(__file__).name}:"
    assert rest.declaration.at.startswith(here)
    assert soap.declaration.at.startswith(here)
    assert not rest.declaration.problems
    assert not soap.declaration.problems


@pytest.mark.parametrize(
    "part",
    [
        Limits(deadline_seconds=0),
        Limits(max_body_bytes=0),
        Quota(1, -1),
        Retry(budget=2),
        Retry(burst=0),
        Retry(pause_seconds=-1),
        Breaker(calls=0),
        Breaker(seconds=0),
        Breaker(probe_seconds=0),
    ],
)
def test_each_part_knows_what_cannot_be_meant(part: Any) -> None:
    (problem,) = part.problems()
    assert problem
    assert PerSecond(1).problems() == []
