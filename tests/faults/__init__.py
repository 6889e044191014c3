"""A proxy that makes an upstream fail in every way there is; see proxy.py."""
