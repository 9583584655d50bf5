"""A pool of worker processes behind a dispatcher, which speaks docs/worker-pool-protocol.md."""
