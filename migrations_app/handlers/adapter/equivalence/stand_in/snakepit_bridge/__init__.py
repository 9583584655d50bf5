"""A stand-in for Snakepit's package of this name: its base classes by what they do for a single request."""
