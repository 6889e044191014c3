"""Which promises are measured alone, and beside which other tests may run."""

from __future__ import annotations

from typing import Final

UNTIMED: Final = frozenset((6, 10, 11, 14, 20, 21, 22, 24, 25, 26, 27, 28, 32, 33, 34, 35, 36, 37, 38))
"""Rows whose figures are counts and codes, or times of a minute: what else the machine does changes none."""
