"""A project's directory as a target: the source code of a service or an adapter, only ever read."""
