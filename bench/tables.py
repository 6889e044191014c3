"""The tables of docs/performance.md, as Markdown lines. Every figure is one of the rows or a ratio of two."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from bench.cases import C1, CASES, Case
from bench.contestants import OURS
from bench.execution_table import execution_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.results import Results, Row

KINDS: Final = {"limit": "limit", "off": "own calls", "on": "shared calls"}
REFERENCE: Final = "Q6"
BYTES_IN_MB: Final = 1024 * 1024


def tables(results: Results) -> list[str]:
    """The measured part of the page, as lines."""
    lines = [
        "## Requests per second",
        "",
        *_legend(results),
        "",
        *_table(results, "requests_per_second", number),
    ]
    lines += ["", "Memory is the most that was seen at the end of a measurement.", *_others(results), ""]
    lines += ["## Beside this server", "", *_ratios(results), ""]
    lines += ["## CPU of the measured server, microseconds per request", ""]
    lines += [*_table(results, "cpu_microseconds_per_request", number), ""]
    lines += ["## Upstream calls per request", "", *_table(results, "upstream_calls_per_request", _two), ""]
    lines += ["## Latency, milliseconds, median / 99 %", "", *_latency(results), ""]
    if failed := [row for row in results.rows if any(each.failed for each in row.rounds)]:
        lines += ["Requests that failed: " + "; ".join(map(_failures, failed)) + ".", ""]
    lines += _reference(results)
    if results.execution:
        lines += ["## Execution alone, in process", "", *execution_table(results.execution), ""]
    return lines


def _others(results: Results) -> list[str]:
    """How quiet the machine was."""
    shares = [each.others_share for row in results.rows for each in row.rounds]
    if not shares:
        return []
    text = (
        f"Other programs used {median(shares):.0%} of the measured core (median), {max(shares):.0%} at most"
    )
    return [f"{text}: above a few percent, compare CPU and not requests."]


def _legend(results: Results) -> list[str]:
    return [
        f"- **{case.name}**: {case.title}" + ("" if case is C1 else f"; {_connections(case)}; `{case.query}`")
        for case in _measured(results)
    ]


def _connections(case: Case) -> str:
    return f"{case.connections} connections" if case.connections > 1 else "one connection"


def _servers(results: Results) -> list[tuple[str, str]]:
    """Name and kind of each server, in the order of the rows, Q6 left out."""
    return list(dict.fromkeys((row.server, row.kind) for row in results.rows if row.case != REFERENCE))


def _measured(results: Results) -> list[Case]:
    names = {row.case for row in results.rows}
    return [case for case in CASES if case.name in names]


def _table(results: Results, member: str, show: Callable[[float], str]) -> list[str]:
    cases = _measured(results)
    with_memory = member == "requests_per_second"
    head = ["server", "kind", *(case.name for case in cases), *(["MB"] if with_memory else [])]
    body = []
    for server, kind in _servers(results):
        rows = [results.row(server, case.name) for case in cases]
        cells = [_strong(server), KINDS[kind], *(_cell(row, member, show) for row in rows)]
        if with_memory:
            cells.append(number(_most_memory(row for row in rows if row) / BYTES_IN_MB))
        body.append(cells)
    return _drawn(head, body)


def _cell(row: Row | None, member: str, show: Callable[[float], str]) -> str:
    return "" if row is None else show(row.median(member))


def _most_memory(rows: Iterable[Row]) -> int:
    return max(each.rss_bytes for row in rows for each in row.rounds)


def _ratios(results: Results) -> list[str]:
    """How many requests this server answers while another answers one."""
    cases = _measured(results)
    body = []
    for server, kind in _servers(results):
        ours = [results.row(OURS, case.name) for case in cases]
        theirs = [results.row(server, case.name) for case in cases]
        if server != OURS and any(ours):
            pairs = zip(ours, theirs, strict=True)
            body.append([server, KINDS[kind], *(_ratio(one, other) for one, other in pairs)])
    text = f"How many requests {OURS} (own calls) answers while the other answers one; above 1 it is ahead."
    return [text, "", *_drawn(["other", "kind", *(case.name for case in cases)], body)]


def _ratio(ours: Row | None, theirs: Row | None) -> str:
    if ours is None or theirs is None:
        return ""
    speed = theirs.median("requests_per_second")
    return _two(ours.median("requests_per_second") / speed) if speed else "none answered"


def _latency(results: Results) -> list[str]:
    cases = _measured(results)
    body = [
        [
            _strong(server),
            *(_both_latencies(results.row(server, case.name)) for case in cases),
        ]
        for server, _ in _servers(results)
    ]
    return _drawn(["server", *(case.name for case in cases)], body)


def _both_latencies(row: Row | None) -> str:
    if row is None or not row.median("requests_per_second"):
        return ""
    return f"{_short(row.median('p50_milliseconds'))} / {_short(row.median('p99_milliseconds'))}"


def _reference(results: Results) -> list[str]:
    row = results.row(OURS, REFERENCE)
    if row is None:
        return []
    text = (
        f"**{REFERENCE}**: [the query of one customer](examples/01-customer.graphql) over all upstreams "
        "of the demo, which share the load generator's core: "
        f"{number(row.median('requests_per_second'))} requests per second, "
        f"{number(row.median('cpu_microseconds_per_request'))} microseconds of CPU and "
        f"{_short(row.median('upstream_calls_per_request'))} upstream calls per request, "
        f"{_short(row.median('p50_milliseconds'))} ms median."
    )
    return ["## The reference graph", "", text, ""]


def _failures(row: Row) -> str:
    return f"{row.server}, {row.case}: {sum(each.failed for each in row.rounds)}"


def _strong(server: str) -> str:
    return f"**{server}**" if server.startswith(OURS) else server


def _drawn(head: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; columns of figures are set to the right."""
    texts = 2 if "kind" in head else 1
    rule = ["---"] * texts + ["---:"] * (len(head) - texts)
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *body)]


def number(value: float) -> str:
    """Thousands with commas; one decimal below 100."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004


def _two(value: float) -> str:
    return f"{value:,.2f}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004
