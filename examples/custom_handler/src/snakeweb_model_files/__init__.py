"""A migration type for Snakeweb: model files from one project's directory to another's."""
