"""How Snakepit's configuration is written: one room a format, each reading bytes into values that know their place."""
