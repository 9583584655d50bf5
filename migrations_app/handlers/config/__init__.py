"""The configuration migration: files rewritten for another version of Snakepit, or given back from a snapshot."""
