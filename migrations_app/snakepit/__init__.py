"""What is known of Snakepit itself: its versions."""
