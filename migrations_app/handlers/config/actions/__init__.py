"""The actions of the configuration migration's steps."""
