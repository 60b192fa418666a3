"""Rule suites: are the amounts plausible, and is anything impossible.

One module a feed for deliveries, ``volume`` for all of them, ``indicators`` for the indicator layer. A rule is critical
(and so blocks) only when the value is impossible; unusual values warn. Limits are declared beside their rule.
"""

from expectations.profile import Suite
from expectations.suites import chat, hr, qa, telephony

DELIVERIES: dict[str, Suite] = {suite.table: suite for module in (telephony, chat, qa, hr) for suite in module.SUITES}
"""Rule suite of each contract table that has one."""
