"""Tests of the joints between rooms: both sides must mean the same."""
