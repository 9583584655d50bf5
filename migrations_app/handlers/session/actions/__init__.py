"""The eight steps of a session migration, one module each (the seed's list, in its order)."""
