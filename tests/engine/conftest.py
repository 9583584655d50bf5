"""Property tests judge what is computed, not how fast a busy machine computes it."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
