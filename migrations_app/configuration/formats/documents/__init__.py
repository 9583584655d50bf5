"""JSON, YAML and TOML: one document each, whose keys are Snakepit's, or stand under `snakepit`."""
