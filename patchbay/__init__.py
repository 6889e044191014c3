"""Patchbay: one GraphQL endpoint over REST, SOAP and webhook-fed systems.

The machinery. It knows no upstream of any graph and no domain type.
"""

__version__ = "0.1.0"
