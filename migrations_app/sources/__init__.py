"""Source code of a user's service: what it uses of Snakepit, and what that means at another version.

Nothing here runs or imports what it reads.
"""
