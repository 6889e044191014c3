"""How the graph's fields are read and written: one file per domain noun, and links.py for every edge."""
