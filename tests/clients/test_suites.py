"""Clients and audits, each of which is judged by what it does with the running graph; see suites/."""

from __future__ import annotations

import pytest

from tests.clients.conftest import SUITES, Report

AUDITS = {"MUST": 13, "SHOULD": 23, "MAY": 25}
CHECKS = {
    "audits": 1,
    "introspection": 5,
    "sockets": 16,
    "legacy_sockets": 12,
    "events": 20,
    "apollo": 17,
    "urql": 13,
    "relay": 6,
    "trusted": 10,
    "uploads": 6,
}
"""How many there are of each, so that none gets lost."""


@pytest.mark.parametrize("suite", SUITES)
def test_every_check_of_the_suite_holds(report: Report, suite: str) -> None:
    assert suite not in report.broken, report.broken[suite]
    outcomes = report.outcomes[suite]
    wrong = [f"{name}\n{outcome['told']}" for name, outcome in outcomes.items() if not outcome["ok"]]
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(outcomes)} checks do not hold", *wrong])
    assert len(outcomes) == CHECKS[suite]


def test_no_client_leaves_an_error_unhandled(report: Report) -> None:
    assert report.stray == []


@pytest.mark.parametrize("level", AUDITS)
def test_every_audit_of_graphql_over_http_is_ok(report: Report, level: str) -> None:
    outcome = report.outcomes["audits"]["audits of GraphQL over HTTP"]
    assert outcome["ok"], outcome["told"]
    audits = [each for each in outcome["told"] if each["name"].startswith(level)]
    assert len(audits) == AUDITS[level]
    rows = [
        f"{each['id']} {each['name']}: {each['reason']} ({each['answered']})"
        for each in audits
        if each["status"] != "ok"
    ]
    assert not rows, "\n".join(rows)
