class NoSuchValue(ValueError):
    """This is no value of the kind that was asked for, or none that PostgreSQL can hold."""
