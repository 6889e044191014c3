"""OpenAPI and WSDL documents -> upstream, records, Strawberry types and operations."""
