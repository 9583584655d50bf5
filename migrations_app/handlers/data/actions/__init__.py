"""The steps of a data migration, one module each."""
