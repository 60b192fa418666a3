"""What must hold of a delivery and of the indicator layer, and how it is judged.

DuckDB measures (``profile``), Great Expectations judges the measures (``from_contract``, ``suites``, ``validate``) and
``docs`` writes the Data Docs. What becomes of a verdict (blocking a run, raising an alert) is the caller's business;
row rules that keep a bad row out of the lake are ``ingest``'s, rules about models are dbt tests.

Importing this package is cheap. Importing ``expectations.validate`` imports Great Expectations, which takes seconds:
do it where a suite really runs.
"""

import importlib.util
import os
import sys

import scipy

# Great Expectations reads this when it is first imported; usage statistics never leave a contact centre.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

# Great Expectations imports scipy.stats for three expectations that no suite here has; whoever asks for it gets it, but
# nobody waits for it before.
if "scipy.stats" not in sys.modules and (_spec := importlib.util.find_spec("scipy.stats")) and _spec.loader:
    _spec.loader = importlib.util.LazyLoader(_spec.loader)
    scipy.__dict__["stats"] = sys.modules["scipy.stats"] = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(sys.modules["scipy.stats"])
