"""``python -m orchestration.pages``, or ``make docs``."""

from orchestration.pages import write

write()
