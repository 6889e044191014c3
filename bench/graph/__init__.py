"""The benchmark's graph, declared as any graph of this server is: adapter, links, types, wiring."""
