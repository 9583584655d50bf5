"""Tables from one database to another: copied in chunks, proven by digests, and taken back."""
