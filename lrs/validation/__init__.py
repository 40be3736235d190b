"""What a statement may look like, as tables of checks: xAPI 1.0.3 Data 2 and IEEE 9274.1.1 (2.0.0).

`STATEMENT[version]`, `ACTOR`, `AGENT` and `GROUP` take parsed JSON and the name it goes by, and raise
BadStatement with the path of the property that is wrong and the section that says so.
"""

from lrs.validation import actor, statement
from lrs.validation.actor import IDENTIFIERS
from lrs.validation.checks import named
from lrs.validation.statement import VERSIONS, VOIDED

__all__ = ["ACTOR", "AGENT", "GROUP", "IDENTIFIERS", "STATEMENT", "VERSIONS", "VOIDED"]

ACTOR = named(actor.ACTOR)
AGENT = named(actor.AGENT)
GROUP = named(actor.GROUP)
STATEMENT = {version: named(check) for version, check in statement.STATEMENT.items()}
