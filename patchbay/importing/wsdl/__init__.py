"""A WSDL 1.1 document, with the schemas of its messages -> the model.

    documents (catalogue)   what is imported, loaded and parsed; standard schemas come from the package
    definitions             services, ports, bindings, port types, messages        -> ports: which are served
    schemas                 the global elements, types and groups of all XML schemas
    simple, content         what one simple or complex type holds
    types (fields, enums)   model types, made as operations reach them
    messages, results       a message -> arguments, or the result
    operations (guesses)    the model's operations
    compile                 all of it in order

Every part reads lxml's elements, and remembers what it has read. What is broken costs the type or the
operation it stands in, and nothing else: it becomes a Problem with the line.
"""

from __future__ import annotations

from patchbay.importing.wsdl.compile import compile_wsdl
from patchbay.importing.wsdl.folder import files_of

__all__ = ["compile_wsdl", "files_of"]
