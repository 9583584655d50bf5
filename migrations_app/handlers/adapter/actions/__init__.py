"""The actions of the adapter migration's steps."""
