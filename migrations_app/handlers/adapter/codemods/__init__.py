"""Where a project uses an adapter: in Python, in Elixir, in configurations. Rewritten where the meaning is certain."""
