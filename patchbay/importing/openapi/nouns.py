"""One and many: "orders" and "order", as far as names need it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_IRREGULAR: Final = {
    "people": "person",
    "persons": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "mice": "mouse",
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "criteria": "criterion",
    "analyses": "analysis",
    "bases": "base",
    "shelves": "shelf",
    "leaves": "leaf",
    "lives": "life",
    "halves": "half",
    "wolves": "wolf",
    "movies": "movie",
    "cookies": "cookie",
    "ties": "tie",
    "pies": "pie",
    "zombies": "zombie",
    "caches": "cache",
    "niches": "niche",
    "heroes": "hero",
    "potatoes": "potato",
    "quizzes": "quiz",
    "ids": "id",
}
_UNCHANGED: Final = frozenset(
    "series species news sms dns https rss css aws gps data media metadata analytics statistics stats "
    "settings preferences details info information access business address process success progress "
    "status alias canvas atlas bus gas basis as is us this has always works goods means sales ios os js "
    "tls".split()
)
_SES_WITH_US: Final = tuple("statuses buses bonuses viruses campuses censuses aliases biases".split())


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    """What one of these is called; the word itself where that is not to be told. Its capitals stay."""
    lower = word.lower()
    if lower in _UNCHANGED:
        return word
    if (irregular := _IRREGULAR.get(lower)) is not None:
        return word[0] + irregular[1:] if irregular[0] == lower[0] else irregular
    return word[: len(word) - _ending(lower)] + ("y" if _is_ies(lower) else "")


def is_plural(word: str) -> bool:
    """Whether the word is said of many."""
    return singular(word) != word


def _is_ies(lower: str) -> bool:
    return len(lower) > len("flies") - 1 and lower.endswith("ies")


def _ending(lower: str) -> int:
    """How many letters make the plural."""
    if _is_ies(lower):
        return 3
    if lower.endswith(("sses", "shes", "ches", "xes", "zzes", *_SES_WITH_US)):
        return 2
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) and len(lower) > len("is"):
        return 1
    return 0
