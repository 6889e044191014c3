"""What an import knows of an upstream: operations and types, with clients' names and those on the wire.

    OpenAPI document -> Model <- WSDL
                          |
        records, Strawberry types, calls; report, compiled cache, drift, ejected files

A model is plain data: it holds no document, no class and no function, can be kept on disk as it is
(patchbay.importing.cache), and two can be compared (patchbay.importing.drift). Types refer to each other by
name, so that cycles are no trouble.
"""

from patchbay.importing.model.calls import (
    Argument,
    Body,
    BodyKind,
    ErrorAnswer,
    Part,
    Place,
    RestCall,
    Result,
    SoapCall,
    SoapMessage,
    SoapVersion,
)
from patchbay.importing.model.operations import Batching, Operation, Paging, PagingStyle
from patchbay.importing.model.references import (
    MOST_PROMISED,
    ListOf,
    MapOf,
    Named,
    Scalar,
    TypeRef,
    promised,
    unbounded,
)
from patchbay.importing.model.types import (
    EnumType,
    EnumValue,
    Field,
    InputType,
    Member,
    ObjectType,
    Type,
    UnionType,
    XmlField,
    XmlKind,
    XmlType,
)
from patchbay.importing.model.whole import (
    Edge,
    Model,
    Problem,
    Security,
    SecurityKind,
    Selection,
    Severity,
    decode_model,
    encode_model,
)

__all__ = [
    "MOST_PROMISED",
    "Argument",
    "Batching",
    "Body",
    "BodyKind",
    "Edge",
    "EnumType",
    "EnumValue",
    "ErrorAnswer",
    "Field",
    "InputType",
    "ListOf",
    "MapOf",
    "Member",
    "Model",
    "Named",
    "ObjectType",
    "Operation",
    "Paging",
    "PagingStyle",
    "Part",
    "Place",
    "Problem",
    "RestCall",
    "Result",
    "Scalar",
    "Security",
    "SecurityKind",
    "Selection",
    "Severity",
    "SoapCall",
    "SoapMessage",
    "SoapVersion",
    "Type",
    "TypeRef",
    "UnionType",
    "XmlField",
    "XmlKind",
    "XmlType",
    "decode_model",
    "encode_model",
    "promised",
    "unbounded",
]
