"""Answers that are kept."""

from patchbay.calls.cache.http import HttpCache

__all__ = ["HttpCache"]
