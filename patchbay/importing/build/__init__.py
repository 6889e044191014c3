"""Graphs of imported upstreams: a model's types as Strawberry's, its operations as fields.

    graph = build_graph([Part(model, ImportedRest(model))])
    create_app(upstreams=graph.upstreams, schema=graph.schema, ...)

names        who is called what, where several upstreams meet
types        objects, inputs, enums, unions, scalars; made when something refers to them
roots        Query and Mutation: a field for each operation, read by its arguments
connections  operations that answer in pages
links        edges between types, of one upstream or of several
merging      types of several upstreams that stand for one thing
edits        what people change of all this
"""

from patchbay.importing.build.edits import NO_EDITS, Edits, Link, Merge
from patchbay.importing.build.graph import BuiltGraph, build_graph
from patchbay.importing.build.parts import Part
from patchbay.importing.build.scalars import SCALARS, beside_python

__all__ = [
    "NO_EDITS",
    "SCALARS",
    "BuiltGraph",
    "Edits",
    "Link",
    "Merge",
    "Part",
    "beside_python",
    "build_graph",
]
