"""Money."""

from __future__ import annotations

import strawberry

from patchbay.hints import CacheControl
from patchbay.scalars import SafeInt


@strawberry.type(description="An amount of money.", directives=[CacheControl(inherit_max_age=True)])
class Money:
    """Read from anything that has `cents` and `currency`."""

    cents: SafeInt = strawberry.field(description="In the currency's minor unit.")
    currency: str = strawberry.field(description="ISO 4217 code.")
