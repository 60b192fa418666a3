"""The tests of Gaugebook."""
