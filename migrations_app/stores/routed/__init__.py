"""Session stores under a route: what zero-downtime migration needs of each kind of store (PROTOCOL 5.2)."""
