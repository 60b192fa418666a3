"""Rule suites: are the amounts plausible, and is anything impossible.

One module for each of the four feeds that every centre has, ``extensions`` for the others, ``volume`` for all of them,
``indicators`` for the indicator layer. A rule is critical (and so blocks) only when the value is impossible; unusual
values warn. Limits are declared beside their rule.
"""

from expectations.profile import Suite
from expectations.suites import chat, extensions, hr, qa, telephony

_MODULES = (telephony, chat, qa, hr, extensions)

DELIVERIES: dict[str, Suite] = {suite.table: suite for module in _MODULES for suite in module.SUITES}
"""Rule suite of each contract table that has one."""
