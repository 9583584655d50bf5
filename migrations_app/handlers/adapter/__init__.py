"""From custom Python adapters to the generic adapter: what a project's tools do, and what a configuration can say."""
