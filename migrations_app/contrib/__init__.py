"""What other frameworks plug in: doors over `routing`, without anything else of Snakeweb."""
