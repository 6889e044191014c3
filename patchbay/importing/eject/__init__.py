"""Imported upstreams as the files that a person would have written, to be edited from there.

ejecting     the command: from patchbay.toml to files
edited       the model with the names that clients see
files        its files as texts
adapter      docstring, upstream, records, operations
records      enums, structs, unions
operations   in the words of the house's kinds, or of patchbay.importing.written
resolvers    inputs, and a function for each operation
schema       Strawberry types, fields of Query and Mutation
links        edges
annotations, names, imports, python    the language
"""

from patchbay.importing.eject.ejecting import Ejected, eject_upstream

__all__ = ["Ejected", "eject_upstream"]
