"""Row 15: an upstream is never called more often than it allows, nor before it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.promises import operations
from tests.promises.graph.options import DEADLINE_SECONDS, QUOTA_PER_SECOND
from tests.promises.load import FINE, open_loop, outcomes, percentile
from tests.promises.row import Conditions, Row, Seen

if TYPE_CHECKING:
    from tests.promises.world import World

DEMAND_PER_SECOND = 200
QUOTA_CODE = "UPSTREAM_QUOTA"
OTHER_CODES = ("UPSTREAM_TIMEOUT", "SERVER_BUSY")
MOST_OTHERS = 0.01
"""The share of calls that may end with one of them: a machine that is busy holds up the server as well."""

LEAST_SHARE = 0.85
"""Of what the quota allows that is used: a quota that is kept by calling nobody is none."""

RETRY_AFTER_SECONDS = 2
PATIENT_PER_SECOND = 40
LATE_SECONDS = 0.1


async def kept(world: World, conditions: Conditions) -> Seen:
    """Row 15."""
    seen = Seen()
    if conditions.mutant != "no-retry-after":
        await _within_quota(world, conditions, seen)
    if conditions.mutant != "no-quota":
        await _after_pause(world, conditions, seen)
    return seen


async def _within_quota(world: World, conditions: Conditions, seen: Seen) -> None:
    seconds = conditions.seconds(15.0, 4.0)
    crm = world["crm"]
    async with world.server("quota", mutant=conditions.mutant) as server:
        answers = await open_loop(
            server.client, operations.customer, per_second=DEMAND_PER_SECOND, seconds=seconds
        )
        most = crm.seen().most_within(1.0)
    told = outcomes(answers)
    seen.note(f"quota of {QUOTA_PER_SECOND}/s: at most {most} in any second", holds=most <= QUOTA_PER_SECOND)
    # The last of them wait for their turn when nobody asks any more.
    used = told[FINE] / (QUOTA_PER_SECOND * (seconds + DEADLINE_SECONDS))
    seen.note(f"{used:.0%} of it used", holds=used >= LEAST_SHARE)
    refused = ", ".join(f"{count} {outcome}" for outcome, count in told.items() if outcome != FINE)
    # A call whose turn comes in the last moment is made, and has no time left for its answer.
    others = len(answers) - told[FINE] - told[QUOTA_CODE]
    is_coded = set(told) <= {FINE, QUOTA_CODE, *OTHER_CODES}
    seen.note(
        f"refused: {refused or 'none'}",
        holds=told[QUOTA_CODE] > 0 and is_coded and others <= MOST_OTHERS * len(answers),
    )
    longest = percentile(answers, 0.99)
    waited = percentile((each for each in answers if each.is_fine), 0.9)
    seen.note(
        f"queued up to {waited:.2f} s, answered within {longest:.2f} s, deadline {DEADLINE_SECONDS:g} s",
        holds=waited > DEADLINE_SECONDS / 4 and longest <= DEADLINE_SECONDS + LATE_SECONDS,
    )


async def _after_pause(world: World, conditions: Conditions, seen: Seen) -> None:
    crm = world["crm"]
    early = pauses = 0
    first: list[float] = []
    async with world.server(mutant=conditions.mutant) as server:
        for _ in range(conditions.rounds):
            await server.client.ask(operations.customer(0))
            crm.reset()
            crm.fault("status", status=429, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}, times=1)
            answers = await open_loop(
                server.client,
                operations.customer,
                per_second=PATIENT_PER_SECOND,
                seconds=RETRY_AFTER_SECONDS + 1.5,
            )
            requests = crm.seen().requests
            told_at = next((each.ended_at for each in requests if each.status == 429), None)
            if told_at is None:
                continue
            pauses += 1
            behind = [each.at - told_at for each in requests if each.at > told_at]
            early += sum(each < RETRY_AFTER_SECONDS for each in behind)
            first.append(min(behind, default=0.0))
            assert answers[-1].is_fine, outcomes(answers)
    seen.note(f"429: {early} calls before their time", holds=early == 0 and pauses == conditions.rounds)
    if first:
        seen.note(
            f"the first {min(first):.3f} s after a Retry-After of {RETRY_AFTER_SECONDS} s",
            holds=RETRY_AFTER_SECONDS <= min(first) <= max(first) <= RETRY_AFTER_SECONDS + 1.0,
        )


ROWS = (
    Row(
        15,
        "`Retry-After` and quotas",
        "not one call before its time; calls are queued inside the deadline, then refused with a code; "
        "never over quota in any window",
        f"The CRM's quota is {QUOTA_PER_SECOND} a second and clients ask {DEMAND_PER_SECOND} times a "
        "second; the proxy notes when each call arrives, and the most in any second is counted. Then the "
        f"CRM, without a declared quota, answers one call with 429 and Retry-After: {RETRY_AFTER_SECONDS}, "
        f"while clients go on asking {PATIENT_PER_SECOND} times a second.",
        kept,
        {
            "no-quota": "the quota is not kept",
            "no-retry-after": "what an answer says of the quota is not read",
        },
    ),
)
