"""The groups that the table of the single sign-on is for: how they are called, and how long a name can be."""

PREFIX = "single sign-on: "
LONGEST = 150 - len(PREFIX)  # characters that Django's table of groups leaves for the provider's name
