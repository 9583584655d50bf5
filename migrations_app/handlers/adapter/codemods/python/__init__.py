"""Python files that use the class of an adapter."""
