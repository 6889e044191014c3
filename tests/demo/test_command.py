"""`python -m demo` as a person runs it: Patchbay before the upstreams, a query to paste, Ctrl-C."""

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from demo.launch import NAMES, Demo
from demo.process import ROOT
from tests.demo.wire import Wire
from tests.serving import free_port

STOP_SECONDS = 10


class Command(NamedTuple):
    """A running `python -m demo`, and the lines it printed up to the last of its banner."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str]

    @property
    def services(self) -> dict[str, str]:
        """Addresses by name, as printed."""
        return dict(line.split() for line in self.lines[2 : self.lines.index("\n", 2)])

    @property
    def pasted(self) -> list[str]:
        """The words of the curl command."""
        return shlex.split(next(line for line in self.lines if line.startswith("curl")))


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


@contextlib.contextmanager
def running(database: Path, *options: str) -> Iterator[Command]:
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "PATCHBAY_DATABASE": str(database)}
    command = [sys.executable, "-m", "demo", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        try:
            assert run.stdout
            assert run.stderr
            lines = [run.stdout.readline()]
            while not lines[-1].startswith("Ctrl-C"):
                assert lines[-1], run.stderr.read()
                lines.append(run.stdout.readline())
            yield Command(run, port, lines)
        finally:
            run.terminate()


def test_the_pasted_query_answers_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with running(tmp_path / "inbox.sqlite3") as command:
        url, body = command.pasted[2], command.pasted[-1]
        assert command.lines[0].split()[-1] == url == f"http://127.0.0.1:{command.port}/graphql"
        assert list(command.services) == [*NAMES, "sender"]
        assert Wire(command.services["sender"], {}).get("/__told").json == {"showcase": True}
        answer = Wire(url, {"content-type": "application/json"}).ask("POST", "/graphql", body.encode()).json
        assert "errors" not in answer
        assert answer["data"]["customer"]["orders"]["totalCount"] == 12
        begun = time.monotonic()
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(STOP_SECONDS) == 0
        assert time.monotonic() - begun < 5
        assert command.process.stderr
        assert "Traceback" not in command.process.stderr.read()
    for address in (f"http://127.0.0.1:{command.port}", *command.services.values()):
        assert not listens(address)
    assert json.loads(body)["query"].startswith("{ customer")


def test_the_descriptions_alone_answer_the_pasted_query(tmp_path: Path) -> None:
    with running(tmp_path / "inbox.sqlite3", "--imported") as command:
        url, body = command.pasted[2], command.pasted[-1]
        answer = Wire(url, {"content-type": "application/json"}).ask("POST", "/graphql", body.encode()).json
        assert "errors" not in answer
        assert answer["data"]["orders"]["totalCount"] == 6000
        for order in answer["data"]["orders"]["nodes"]:
            assert order["customer"]["balance"]["currency"]
            assert all(item["product"]["stock"] for item in order["items"])
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(STOP_SECONDS) == 0


def test_nothing_outlives_a_command_that_is_killed(tmp_path: Path) -> None:
    with running(tmp_path / "inbox.sqlite3") as command:
        addresses = [f"http://127.0.0.1:{command.port}", *command.services.values()]
        assert all(map(listens, addresses))
        command.process.kill()
        until = time.monotonic() + STOP_SECONDS
        while left := [each for each in addresses if listens(each)]:
            assert time.monotonic() < until, left
            time.sleep(0.05)


def test_a_taken_port_is_one_sentence(demo: Demo) -> None:
    port = demo["crm"].url.rpartition(":")[2]
    command = [sys.executable, "-m", "demo", "--port", port]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == (
        f"Port {port} cannot be used (Address already in use). "
        "Choose another: PORT=9000 make run, or --port 9000.\n"
    )


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "8_000", "9" * 5000])
def test_a_port_that_is_none_is_told_what_a_port_is(port: str) -> None:
    command = [sys.executable, "-m", "demo"]
    environment = {**os.environ, "PORT": port}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.endswith("a port is a number from 1 to 65535\n")
    assert "Traceback" not in run.stderr
