"""Transports: from bytes to what is asked, and from what is told to bytes. See patchbay.server.service."""
