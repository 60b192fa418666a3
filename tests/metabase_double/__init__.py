"""A strict, stateful double of a Metabase server: real HTTP, real PostgreSQL, no Metabase.

``server`` keeps state and answers as v0.60 does, ``mbql`` turns questions into SQL, ``openapi`` holds every request
against Metabase's own description of its API. How charts look is beyond it. What Gaugebook sends does not belong here.
"""

from tests.metabase_double.openapi import Contract
from tests.metabase_double.server import API_KEY, MetabaseDouble

__all__ = ["API_KEY", "Contract", "MetabaseDouble"]
