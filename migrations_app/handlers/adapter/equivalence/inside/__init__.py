"""What runs inside the sandbox, by the project's interpreter: the standard library only, relative imports only."""
