"""The mutations are few by default; `pytest tests/fuzz --hypothesis-profile fuzz` tries many."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=20_000, deadline=None)
