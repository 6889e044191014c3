"""`python main.py`: help, messages for a wrong configuration, and a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters import UPSTREAMS
from demo.launch import Demo
from patchbay.server import Settings
from tests.serving import ROOT, GraphServer, free_port


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python main.py` to its end, with these variables and no others of ours."""
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "main.py", *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_help_names_every_setting_and_variable() -> None:
    done = run({}, "--help")
    assert done.returncode == 0
    for field in Settings.model_fields.values():
        assert str(field.alias) in done.stdout
    for upstream in UPSTREAMS:
        for variable in upstream.variables():
            assert variable.name in done.stdout


def test_missing_variables_are_all_named_at_once() -> None:
    done = run({"CRM_URL": "http://127.0.0.1:1"})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    named = {variable.name for upstream in UPSTREAMS for variable in upstream.variables()} - {"CRM_URL"}
    assert all(f"  {name}  (" in done.stderr for name in named)
    assert "CRM_URL " not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CRM_URL", "crm.example.com", "CRM_URL must be an address that starts with http:// or https://"),
        ("CRM_URL", "http://user:canary@127.0.0.1", "CRM_URL must not hold credentials"),
        ("CRM_KEY", "canary\nX-Evil: 1", "CRM_KEY holds characters that a header cannot carry"),
        ("WEATHER_USER", "a:b", "WEATHER_USER"),
        ("ERP_WSDL", "/nowhere/erp.wsdl", "ERP_WSDL"),
        ("SHIPMENTS_WEBHOOK_SECRET", "whsec_canary!", "SHIPMENTS_WEBHOOK_SECRET"),
        ("PORT", "eighty", "PORT"),
        ("PORT", "70000", "PORT"),
        ("PATCHBAY_LOG_LEVEL", "loud", "PATCHBAY_LOG_LEVEL"),
        ("PATCHBAY_DATABSE", "x", "PATCHBAY_DATABSE is not a setting; did you mean PATCHBAY_DATABASE?"),
        ("PATCHBAY_DATABASE", "/proc/nowhere/x.sqlite3", "PATCHBAY_DATABASE"),
    ],
)
def test_a_wrong_value_is_told_in_a_line_that_names_the_variable(
    demo: Demo, tmp_path: Path, name: str, value: str, message: str
) -> None:
    environment = {
        **demo.environment,
        "PATCHBAY_DATABASE": str(tmp_path / "inbox.sqlite3"),
        "PORT": str(free_port()),
        name: value,
    }
    done = run(environment)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary" not in done.stderr


def test_an_unknown_option_is_told() -> None:
    done = run({}, "--prot", "1")
    assert done.returncode == 2
    assert "--prot" in done.stderr


def test_another_address_than_this_machine_needs_an_identity_or_a_word(demo: Demo, tmp_path: Path) -> None:
    done = run({**demo.environment, "PATCHBAY_HOST": "::", "PATCHBAY_DATABASE": str(tmp_path / "x.sqlite3")})
    assert done.returncode == 2
    assert "listening on :: would let anyone ask anything" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_told(demo: Demo, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run({**demo.environment, "PORT": str(port), "PATCHBAY_DATABASE": str(tmp_path / "x.sqlite3")})
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(demo: Demo, tmp_path: Path, number: signal.Signals) -> None:
    server = GraphServer(demo.environment, tmp_path / "inbox.sqlite3")
    server.start()
    started = time.monotonic()
    assert server.end(number) == 0
    assert time.monotonic() - started < 5
    assert server.lines[-1]["event"] == "stopped"
    assert not list(tmp_path.glob("*-wal")), "the database is closed"


def test_an_upstream_that_is_down_does_not_keep_it_from_starting(demo: Demo, tmp_path: Path) -> None:
    for name in ("crm", "erp"):
        demo[name].stop()
    with GraphServer(demo.environment, tmp_path / "inbox.sqlite3") as server:
        answer = server.execute('{ product(id: "P0001") { name stock { onHand } } }')
        assert answer.body["data"]["product"]["name"]
        assert answer.error["extensions"] == {"code": "UPSTREAM_UNAVAILABLE", "source": "erp"}
        demo["erp"].start()
        # That it could not be reached is remembered for a second.
        time.sleep(1.2)
        assert server.execute('{ product(id: "P0001") { stock { onHand } } }').data["product"]["stock"]
