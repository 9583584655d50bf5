"""The steps' effects, one module each."""
