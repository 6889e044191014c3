"""What answers say of a quota, in all the ways in which they say it."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patchbay.calls import Reply
from patchbay.calls.rate_headers import is_told, retry_after_seconds, told_by


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"ratelimit": '"default";r=50;t=30'}, (50, 30)),
        ({"ratelimit": '"burst";r=9;t=1, "daily";r=0;t=3600'}, (0, 3600)),
        ({"ratelimit": "limit=100, remaining=7, reset=12"}, (7, 12)),
        ({"ratelimit-limit": "100", "ratelimit-remaining": "3", "ratelimit-reset": "9"}, (3, 9)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "17"}, (0, 17)),
        ({"x-ratelimit-remaining": "5, 4", "x-ratelimit-reset": "17, 3"}, (5, 17)),
        ({"x-ratelimit-remaining": "5"}, None),
        ({"x-ratelimit-remaining": "many", "x-ratelimit-reset": "17"}, None),
        ({"ratelimit": "x"}, None),
        ({}, None),
    ],
)
def test_what_is_left_and_until_when(headers: dict[str, str], told: tuple[int, float] | None) -> None:
    assert told_by(Reply(200, headers, b"")) == told


@pytest.mark.parametrize("unit", [1, 1000])
def test_a_reset_that_is_a_time_is_counted_from_now(unit: int) -> None:
    headers = {"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(int((time.time() + 60) * unit))}
    told = told_by(Reply(200, headers, b""))
    assert told is not None
    assert 58 < told.seconds <= 60


def test_the_upstreams_own_clock_counts() -> None:
    its_now = time.time() - 7200
    headers = {
        "date": formatdate(its_now, usegmt=True),
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": str(int(its_now + 60)),
    }
    told = told_by(Reply(200, headers, b""))
    assert told is not None
    assert 58 < told.seconds <= 61


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("0", 0), ("1.5", 1.5), ("", None), ("soon", None), ("-5", None)]
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_seconds({"retry-after": text}) == seconds


def test_retry_after_as_a_date() -> None:
    seconds = retry_after_seconds({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert seconds is not None
    assert 28 < seconds <= 31
    assert retry_after_seconds({"retry-after": formatdate(time.time() - 30, usegmt=True)}) == 0


def test_a_429_that_says_nothing_is_a_pause_all_the_same() -> None:
    assert told_by(Reply(429, {}, b"")) == (0, 1)
    assert told_by(Reply(503, {}, b"")) is None
    assert told_by(Reply(200, {"retry-after": "5"}, b"")) is None


@given(
    st.sampled_from([200, 429, 503]),
    st.dictionaries(
        st.sampled_from(["ratelimit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-remaining",
                         "x-ratelimit-reset", "retry-after", "date"]),
        st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str)),
    ),
)  # fmt: skip
def test_nothing_that_an_upstream_writes_breaks_the_call(status: int, headers: dict[str, str]) -> None:
    reply = Reply(status, headers, b"")
    told = told_by(reply)
    if told is not None:
        assert is_told(reply)
        assert told.left >= 0
        assert told.seconds >= 0
