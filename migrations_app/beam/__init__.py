"""The Erlang VM: terms of its external format, and a connection to a live node over the distribution protocol."""
