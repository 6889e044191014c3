"""The server's settings, from environment variables, by what they are about."""

from patchbay.server.settings.settings import Settings, default_text

__all__ = ["Settings", "default_text"]
