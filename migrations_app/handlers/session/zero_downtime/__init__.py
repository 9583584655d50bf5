"""Moving sessions while every client keeps reading and writing (PROTOCOL)."""
