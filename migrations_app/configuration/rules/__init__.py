"""Small rules, each of one release: what a configuration has to become there to go on meaning what it meant."""
