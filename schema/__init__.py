"""The graph's GraphQL schema: one file per domain noun, assembled here."""

from __future__ import annotations

from strawberry.schema.config import StrawberryConfig

from patchbay.scalars import SCALARS
from patchbay.server.schema import GraphSchema
from schema.mutation import Mutation
from schema.payments import Payment
from schema.query import Query
from schema.shipments import Shipment
from schema.subscription import Subscription

schema = GraphSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=(Payment, Shipment),
    # With @defer and @stream.
    config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
)
