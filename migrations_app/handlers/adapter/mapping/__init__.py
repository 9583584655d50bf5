"""Whether an entry of the generic adapter can say what a tool does. What is not shown is left to a person."""
