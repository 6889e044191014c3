"""Health: alive, and what can be reached."""

from __future__ import annotations

import time

from demo.launch import NAMES, Demo
from patchbay.server.health import REPORT_MAX_AGE_SECONDS
from tests.serving import GraphServer

UPSTREAMS = {
    "crm": "rest",
    "shop": "rest",
    "erp": "soap",
    "weather": "rest",
    "carrier": "rest",
    "accounting": "rest",
    "chat": "rest",
    "payments": "webhook",
    "payments_api": "rest",
    "shipments": "webhook",
    "shop_events": "webhook",
}


def a_fresh_report(graph: GraphServer) -> dict[str, object]:
    time.sleep(REPORT_MAX_AGE_SECONDS + 0.1)
    response = graph.request("GET", "/health/ready")
    assert response.status_code == 200
    report: dict[str, object] = response.json()
    return report


def test_live(graph: GraphServer) -> None:
    response = graph.request("GET", "/health/live")
    assert (response.status_code, response.json()) == (200, {"status": "live"})


def test_ready_names_every_upstream(graph: GraphServer) -> None:
    report = a_fresh_report(graph)
    inbox = report.pop("inbox")
    assert isinstance(inbox, dict)
    assert {name: inbox[name] for name in ("ok", "database", "leads")} == {
        "ok": True,
        "database": "sqlite",
        "leads": True,
    }
    assert set(inbox) >= {"waiting", "oldest_waiting_seconds", "dead_letters", "cleaned_at", "cleaned"}
    assert graph.request("GET", "/health/inbox").json() == inbox
    assert report == {
        "status": "ready",
        "upstreams": {name: {"kind": kind, "reachable": True} for name, kind in UPSTREAMS.items()},
    }


def test_ready_says_which_upstream_cannot_be_reached(graph: GraphServer, demo: Demo) -> None:
    demo["crm"].stop()
    demo["erp"].fault(mode="fail", status=503)
    report = a_fresh_report(graph)
    assert report["status"] == "degraded"
    upstreams = report["upstreams"]
    assert isinstance(upstreams, dict)
    assert upstreams["crm"] == {
        "kind": "rest",
        "reachable": False,
        "code": "UPSTREAM_UNAVAILABLE",
        "error": "crm: connection refused or host not found",
    }
    assert upstreams["erp"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert all(upstreams[name]["reachable"] for name in UPSTREAMS if name not in ("crm", "erp"))


def test_a_hanging_upstream_does_not_hang_the_report(graph: GraphServer, demo: Demo) -> None:
    demo["weather"].fault(mode="slow", seconds=10)
    time.sleep(REPORT_MAX_AGE_SECONDS + 0.1)
    started = time.monotonic()
    report = graph.request("GET", "/health/ready").json()
    assert time.monotonic() - started < 3
    assert report["upstreams"]["weather"]["code"] == "UPSTREAM_TIMEOUT"


def test_many_questions_cost_one_check(graph: GraphServer, demo: Demo) -> None:
    time.sleep(REPORT_MAX_AGE_SECONDS + 0.1)
    for name in NAMES:
        demo[name].reset()
    for _ in range(20):
        graph.request("GET", "/health/ready")
    assert all(sum(demo[name].calls().values()) == 1 for name in NAMES)
