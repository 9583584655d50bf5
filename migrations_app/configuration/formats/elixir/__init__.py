"""Elixir: `.exs` files of calls, read through its grammar and never evaluated."""
