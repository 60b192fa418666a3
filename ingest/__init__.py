"""Source files in, contract tables out: the door of the warehouse.

Everything here is pure with regard to the tools around it: no dagster, dbt or great_expectations.
"""

from ingest.lake import Account, IngestError, Lake
from ingest.privacy import Pseudonyms
from ingest.reference import write_arrived, write_reference
from ingest.take import has_news, take

__all__ = ["Account", "IngestError", "Lake", "Pseudonyms", "has_news", "take", "write_arrived", "write_reference"]
