"""Tests against servers that are not ours; skipped unless one is named in the environment."""
