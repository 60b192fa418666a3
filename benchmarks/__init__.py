"""How fast Gaugebook is, measured against bare DuckDB doing the same work on the same files in the same run.

Nothing of the product imports this package. Correctness tests belong to ``tests``.
"""
