"""The breaker: opens on failures, probes once a second, closes on a success."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.calls.breaker import Breaker, Circuit
from patchbay.errors import CircuitOpen
from tests.calls.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> Circuit:
    return Circuit("crm", Breaker(failures=0.5, calls=10, seconds=10, probe_seconds=1), clock)


def fail(circuit: Circuit, times: int) -> None:
    for _ in range(times):
        circuit.admit()
        circuit.failed()


def test_a_dead_upstream_is_left_alone_after_ten_calls(circuit: Circuit) -> None:
    fail(circuit, 9)
    assert circuit.state == "closed"
    fail(circuit, 1)
    assert circuit.state == "open"
    with pytest.raises(CircuitOpen):
        circuit.admit()


def test_successes_before_do_not_put_it_off_for_long(circuit: Circuit) -> None:
    for _ in range(1000):
        circuit.admit()
        circuit.succeeded()
    fail(circuit, 10)
    assert circuit.is_open


def test_fewer_failures_than_the_share_leave_it_closed(circuit: Circuit) -> None:
    for _ in range(100):
        fail(circuit, 4)
        for _ in range(6):
            circuit.admit()
            circuit.succeeded()
    assert not circuit.is_open


def test_half_of_the_calls_failing_opens_it(circuit: Circuit) -> None:
    for _ in range(10):
        circuit.failed()
        if circuit.is_open:
            return
        circuit.succeeded()
    pytest.fail("it stayed closed")


def test_failures_long_ago_count_no_more(circuit: Circuit, clock: Clock) -> None:
    for _ in range(50):
        fail(circuit, 1)
        clock.pass_seconds(1.5)
    assert not circuit.is_open


def test_one_probe_a_second_while_it_fails(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 10)
    probes = 0
    for _ in range(1000):
        clock.pass_seconds(0.01)
        try:
            is_probe = circuit.admit()
        except CircuitOpen:
            continue
        assert is_probe
        probes += 1
        circuit.failed()
    assert 9 <= probes <= 10


def test_one_probe_at_a_time(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 10)
    clock.pass_seconds(1)
    assert circuit.admit()
    assert circuit.state == "half-open"
    clock.pass_seconds(60)
    with pytest.raises(CircuitOpen):
        circuit.admit()


def test_a_probe_that_is_given_up_makes_room_for_another_in_its_time(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 10)
    clock.pass_seconds(1)
    circuit.admit()
    circuit.abandoned()
    with pytest.raises(CircuitOpen):
        circuit.admit()
    clock.pass_seconds(1)
    assert circuit.admit()


def test_a_probe_that_succeeds_closes_it_with_nothing_remembered(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 10)
    clock.pass_seconds(1)
    circuit.admit()
    circuit.succeeded()
    assert circuit.state == "closed"
    fail(circuit, 9)
    assert not circuit.is_open


@given(st.lists(st.sampled_from(["succeeded", "failed", "abandoned", "wait"]), max_size=200))
def test_it_is_never_stuck(steps: list[str]) -> None:
    """Whatever came before, an upstream that answers again is called as before within two seconds."""
    clock = Clock()
    circuit = Circuit("crm", Breaker(calls=3), clock)
    for step in steps:
        if step == "wait":
            clock.pass_seconds(0.5)
            continue
        try:
            circuit.admit()
        except CircuitOpen:
            continue
        getattr(circuit, step)()
    clock.pass_seconds(1)
    circuit.admit()
    circuit.succeeded()
    assert circuit.state == "closed"
    assert circuit.admit() is False
