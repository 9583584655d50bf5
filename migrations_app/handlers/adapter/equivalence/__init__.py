"""Custom and generic side by side in sandboxes: what each answers, where they part, and what was never reached."""
