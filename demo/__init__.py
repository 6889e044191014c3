"""Small upstreams of an imagined shop: one process each, on 127.0.0.1, with deterministic data.

`python -m demo` runs all of them with Patchbay before them; `demo.launch.Demo` starts them from a test.
"""
