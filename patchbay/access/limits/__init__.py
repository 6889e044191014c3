"""Limits of what an operation may hold, and validation within a budget."""
