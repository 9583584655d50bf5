"""Files that others read and edit too: read with a limit, replaced whole or not at all, several of them together."""
