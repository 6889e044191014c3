"""Seeded chance: the same seed gives the same throws in every process and on every day."""

import random


def dice(*seed: object) -> random.Random:
    """A generator for the data about `seed`, e.g. ``dice("weather", 52.52, 13.4)``."""
    return random.Random("/".join(map(str, seed)))
