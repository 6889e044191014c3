"""Processes: starting, stopping, coming back, and never outliving their parent."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from demo import process
from demo.courier import SECRETS
from demo.launch import Demo
from demo.process import ROOT, StartError, Upstream
from demo.services import SERVICES
from tests.demo.wire import Wire


def start_weather(**more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo.weather"],
        cwd=ROOT,
        env={"WEATHER_USER": "user", "WEATHER_PASSWORD": "password", **more},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("way", ["stdin", "SIGTERM", "SIGINT", "SIGTERM while it hangs"])
def test_a_service_ends_quietly(way: str) -> None:
    with start_weather() as service, contextlib.ExitStack() as hanging:
        assert service.stdin
        assert service.stdout
        assert service.stderr
        told = json.loads(service.stdout.readline())
        assert told["service"] == "weather"
        if way == "stdin":
            service.stdin.close()
        else:
            if "hangs" in way:
                Wire(told["url"], {}).ask("PUT", "/__fault", b'{"mode": "hang"}')
                connection = hanging.enter_context(
                    socket.create_connection(("127.0.0.1", urlsplit(told["url"]).port or 0), 5)
                )
                connection.sendall(b"GET /v1/current HTTP/1.1\r\nHost: demo\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
            service.send_signal(signal.SIGINT if way == "SIGINT" else signal.SIGTERM)
        assert service.wait(5) == 0
        assert (service.stdout.read(), service.stderr.read()) == (b"", b"")


def test_a_stopped_service_returns_at_its_port(demo: Demo, weather: Wire) -> None:
    pid = demo["weather"].pid
    demo["weather"].stop()
    with pytest.raises(ConnectionRefusedError):
        weather.get("/v1/current", latitude=1, longitude=1)
    demo["weather"].start()
    assert demo["weather"].pid != pid
    assert weather.get("/v1/current", latitude=1, longitude=1).status == 200


def test_a_service_that_does_not_come_up_says_why() -> None:
    with pytest.raises(
        StartError, match=r"weather ended at once: The environment variable WEATHER_USER is missing"
    ):
        Upstream("weather", {"WEATHER_USER": "", "WEATHER_PASSWORD": ""}).start()


def test_a_service_that_says_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "START_SECONDS", 0.0)
    upstream = Upstream("weather", {"WEATHER_USER": "user", "WEATHER_PASSWORD": "password"})
    with pytest.raises(StartError, match="within 0 s"):
        upstream.start()
    assert upstream.pid is None


async def test_the_demo_is_an_async_context_manager_too() -> None:
    async with Demo() as demo:
        assert demo["crm"].calls() == {}
        assert set(demo.environment) >= {"CRM_URL", "ERP_WSDL", *SECRETS.values()}
        pids = [each.pid for each in demo]
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_upstreams_alone_print_their_environment_until_sigterm() -> None:
    command = [sys.executable, "-m", "demo", "--upstreams"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout
        assert run.stderr
        lines: list[str] = []
        while not lines or lines[-1].startswith("export "):
            lines.append(run.stdout.readline())
        names = {line.split("=")[0].removeprefix("export ") for line in lines[:-1]}
        assert names >= {"CRM_URL", "CRM_KEY", "SHOP_TOKEN", "ERP_WSDL", "PAYMENTS_WEBHOOK_SECRET"}
        begun = time.monotonic()
        run.send_signal(signal.SIGTERM)
        assert run.wait(5) == 0
        assert time.monotonic() - begun < 5
        assert run.stderr.read() == ""


@pytest.mark.parametrize("closed", [False, True])
def test_a_service_whose_standard_input_is_at_its_end_says_so(*, closed: bool) -> None:
    command = [sys.executable, "-m", "demo.sender", "--target", "http://127.0.0.1:9"]
    secrets = dict.fromkeys(SECRETS.values(), "whsec_AAAA")
    shell = [*command, "<&-"] if closed else [*command, "</dev/null"]
    run = subprocess.run(
        ["sh", "-c", " ".join(shell)],
        cwd=ROOT,
        env=os.environ | secrets,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "sender: standard input is at its end already, and this process ends with it. "
        "Start it in a terminal, or keep its standard input open.\n"
    )


def test_every_service_is_started_and_reached_by_its_one_entry(demo: Demo) -> None:
    for each in SERVICES:
        assert demo.environment[each.address] == f"{demo[each.name].url}{each.path}"
        assert all(len(demo.environment[name]) > 16 for name in each.credentials)
    assert len({name for each in SERVICES for name in (each.address, *each.credentials)}) == sum(
        1 + len(each.credentials) for each in SERVICES
    )
