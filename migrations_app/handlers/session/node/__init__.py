"""Zero downtime for a live Snakepit node: its callers know no route, so its own code is changed under them."""
