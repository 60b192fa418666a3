"""Serving: the published PostgreSQL schemas, the boards in Metabase, the briefs and the static site.

Everything here reads what the warehouse has computed. Definitions of indicators and their SQL live in dbt_project;
when anything here runs is decided in orchestration.
"""


class ServingError(Exception):
    """Something outside refused; the message says what was left as it was and what to do."""
