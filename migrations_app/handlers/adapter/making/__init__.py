"""What a plan makes of a project: its configuration, its package, the calls that change, the file that goes."""
