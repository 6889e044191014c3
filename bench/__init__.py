"""The benchmark: this server, its peers and its limits on the same work, in one run. `make bench` runs it."""
