"""What must hold of a delivery and of the indicator layer, and how it is judged.

DuckDB measures (``profile``), Great Expectations judges the measures (``from_contract``, ``suites``, ``validate``) and
``docs`` writes the Data Docs. What becomes of a verdict (blocking a run, raising an alert) is the caller's business;
row rules that keep a bad row out of the lake are ``ingest``'s, rules about models are dbt tests.

Importing this package is cheap. Importing ``expectations.validate`` imports Great Expectations, which takes seconds:
a run leaves that to ``judge``, a process beside its own.
"""

import os

# Great Expectations reads this when it is first imported; usage statistics never leave a contact centre.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
