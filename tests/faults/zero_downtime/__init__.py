"""The fault-injection rig of zero-downtime migrations (PROTOCOL 6): `make test-faults`, docs/faults.md.

Each fault runs in a process of its own, on a control plane, stores and clients of its own: real processes, real
servers. `python -m tests.faults.zero_downtime` runs them and prints the table.
"""
