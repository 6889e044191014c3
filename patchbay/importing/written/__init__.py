"""What files use that `eject` wrote, or a person, where the kinds of upstream end.

calls    a call with all that OpenAPI can say: headers, cookies, styles, bodies, declared errors
pages    lists in pages of any style, as Relay connections
inputs   Strawberry inputs -> values as an upstream takes them
unions   values that are one of several records
maps     JSON objects with any member names
scalars  those of imported graphs, by name
"""

from patchbay.importing.written.calls import Called, body, call, cookie, header, part, path, query
from patchbay.importing.written.inputs import to_wire, wire
from patchbay.importing.written.maps import entries, wrapped
from patchbay.importing.written.pages import (
    PAGE_SIZE,
    After,
    Connection,
    CountedConnection,
    Edge,
    First,
    Pages,
    pages,
)
from patchbay.importing.written.scalars import (
    JSON,
    UUID,
    Base64,
    BigInt,
    Date,
    DateTime,
    Decimal,
    Duration,
    SafeInt,
    Time,
    Upload,
)
from patchbay.importing.written.soap import DescribedSoap
from patchbay.importing.written.unions import Entries, OneOf

__all__ = [
    "JSON",
    "PAGE_SIZE",
    "UUID",
    "After",
    "Base64",
    "BigInt",
    "Called",
    "Connection",
    "CountedConnection",
    "Date",
    "DateTime",
    "Decimal",
    "DescribedSoap",
    "Duration",
    "Edge",
    "Entries",
    "First",
    "OneOf",
    "Pages",
    "SafeInt",
    "Time",
    "Upload",
    "body",
    "call",
    "cookie",
    "entries",
    "header",
    "pages",
    "part",
    "path",
    "query",
    "to_wire",
    "wire",
    "wrapped",
]
