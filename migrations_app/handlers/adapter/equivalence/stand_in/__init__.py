"""Shown to adapters where the interpreter has no package of Snakepit: as much of it as they are built on."""
