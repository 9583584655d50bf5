"""Tables of databases: what they are, what of them is wanted, and moving them in chunks that can be proven."""
