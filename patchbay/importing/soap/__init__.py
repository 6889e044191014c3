"""The SOAP upstream of a model.

    requests (writers, arrays)             arguments -> an envelope
    replies (readers, objects, faults)     a reply -> records, or the fault that it holds
    exchange                               one operation: both, with the call in between
    upstream (address, keyed, pages)       what a graph asks for

Everything is told by the model: neither the WSDL nor zeep takes part in a call.
"""

from patchbay.importing.soap.upstream import ImportedSoap

__all__ = ["ImportedSoap"]
