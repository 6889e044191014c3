"""Cost: what an operation may come to, before it runs."""
