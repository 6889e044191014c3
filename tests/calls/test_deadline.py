"""The deadline around a call: as asyncio.timeout, with one timer for all."""

from __future__ import annotations

import asyncio
import time

import pytest

from patchbay.calls.deadline import Deadlines


async def test_a_block_ends_when_its_time_is_over() -> None:
    deadlines = Deadlines()
    started = time.monotonic()
    with pytest.raises(TimeoutError), deadlines.within(0.05):
        await asyncio.sleep(10)
    assert 0.045 < time.monotonic() - started < 0.5


async def test_a_block_that_ends_in_time_is_left_alone_afterwards() -> None:
    deadlines = Deadlines()
    for _ in range(3):
        with deadlines.within(0.02):
            await asyncio.sleep(0)
    await asyncio.sleep(0.05)


async def test_many_of_different_length_end_each_at_its_own_time() -> None:
    deadlines = Deadlines()

    async def wait(seconds: float) -> float:
        started = time.monotonic()
        with pytest.raises(TimeoutError), deadlines.within(seconds):
            await asyncio.sleep(10)
        return time.monotonic() - started - seconds

    lengths = [0.2, 0.05, 0.1, 0.05, 0.15, 0.3]
    late = await asyncio.gather(*map(wait, lengths))
    assert all(-0.01 < each < 0.1 for each in late), late


async def test_a_cancelled_task_stays_cancelled() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.within(10):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_cancelled_in_the_moment_in_which_it_ends_is_cancelled() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.within(0.02):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    # Blocks the loop until the time is over: its end and the cancellation come in one turn.
    time.sleep(0.05)  # noqa: ASYNC251 - on purpose
    task.cancel()
    with pytest.raises((asyncio.CancelledError, TimeoutError)) as caught:
        await task
    assert caught.type is asyncio.CancelledError


async def test_an_error_in_the_block_comes_through() -> None:
    with pytest.raises(KeyError), Deadlines().within(1):
        raise KeyError("x")


async def test_nested_blocks_end_at_the_nearer_one() -> None:
    deadlines = Deadlines()
    with deadlines.within(5):
        with pytest.raises(TimeoutError), deadlines.within(0.02):
            await asyncio.sleep(10)
        await asyncio.sleep(0.01)
