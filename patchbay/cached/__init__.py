"""Records that are kept for some time, as a read declares; see kept_reads.py."""

from patchbay.cached.kept_reads import KeptReads
from patchbay.cached.ttl import Ttl

__all__ = ["KeptReads", "Ttl"]
