"""A simulated contact centre that hands over the files of its systems, and nothing else.

It stands in for the real systems in the demonstration, in tests and in benchmarks. It knows nothing of who reads the
files.
"""

from simulator.generation import Progress, Summary, generate

__all__ = ["Progress", "Summary", "generate"]
