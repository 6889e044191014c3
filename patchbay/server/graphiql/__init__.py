"""GraphiQL, served whole from this package: no other host is asked for anything.

`graphiql_page` is the page, for whoever answers browsers at the GraphQL path; it goes out with PAGE_HEADERS.
`graphiql_router` serves the page's assets.
"""

from patchbay.server.graphiql.examples import Example, load_examples
from patchbay.server.graphiql.page import PAGE_HEADERS, graphiql_page
from patchbay.server.graphiql.routes import graphiql_router

__all__ = ["PAGE_HEADERS", "Example", "graphiql_page", "graphiql_router", "load_examples"]
