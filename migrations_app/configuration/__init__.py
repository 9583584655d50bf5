"""Configurations of Snakepit: read by byte spans, judged by what each version really does, converted by small rules.

Nothing here opens a file, and nothing evaluates one.
"""
