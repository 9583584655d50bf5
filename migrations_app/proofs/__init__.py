"""Proofs of the audit trail that need no server: Merkle trees, signed checkpoints, exports that verify offline."""
