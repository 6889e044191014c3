"""`python -m demo` as a person runs it: Patchbay before the upstreams, a query to paste, Ctrl-C."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from demo.process import ROOT
from tests.demo.wire import Wire


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_pasted_query_answers_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "PATCHBAY_DATABASE": str(tmp_path / "inbox.sqlite3"),
    }
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        assert run.stderr
        lines = [run.stdout.readline()]
        while not lines[-1].startswith("Ctrl-C"):
            assert lines[-1], run.stderr.read()
            lines.append(run.stdout.readline())
        pasted = shlex.split(next(line for line in lines if line.startswith("curl")))
        url, body = pasted[2], pasted[-1]
        assert lines[0].split()[-1] == url == f"http://127.0.0.1:{port}/graphql"
        wire = Wire(url, {"content-type": "application/json"})
        answer = wire.ask("POST", "/graphql", body.encode()).json
        assert "errors" not in answer
        assert answer["data"]["customer"]["orders"]["totalCount"] == 12
        services = [line.split() for line in lines[2:7]]
        assert [name for name, _ in services] == ["crm", "shop", "erp", "weather", "sender"]
        begun = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.wait(10) == 0
        assert time.monotonic() - begun < 5
        assert "Traceback" not in run.stderr.read()
    for address in (f"http://127.0.0.1:{port}", *(address for _, address in services)):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) != 0
    assert json.loads(body)["query"].startswith("{ customer")
