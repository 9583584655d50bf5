"""The version upgrade: configuration, code and worker pool of a service go to another version of Snakepit together."""
