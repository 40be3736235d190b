"""Who vouches for aggregate statements: the service itself. No credential can store in its name."""

from lrs.statement import PROVES_NOTHING, Authority
from mappings.vocabulary import OURS

PUBLISHER = Authority(
    {"objectType": "Agent", "account": {"homePage": OURS, "name": "publish"}}, PROVES_NOTHING, None
)
