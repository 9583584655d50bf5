"""What each step of a version upgrade does."""
