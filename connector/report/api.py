"""The report API: numbers as JSON and CSV, for whoever builds on them. Counts only, never a person.

Every answer carries the report's two times: `as_of` (what had happened by the end of that day in
Bangkok) and `known_at` (what the store knew).
"""

from collections.abc import Mapping

from fastapi import APIRouter
from sqlalchemy import Engine

from connector.report.aggregates_api import router_aggregates
from connector.report.answers import REFUSALS
from connector.report.gaps_api import router_gaps
from connector.report.published_api import router_published
from connector.report.reconciliation_api import router_reconciliation
from connector.report.status_api import router_status
from connector.report.syncs import Watched
from connector.settings_target import TargetSettings
from lrs.clock import Clock, utc_now


def router_api(
    engine: Engine,
    clock: Clock = utc_now,
    watched: Mapping[str, Watched] | None = None,
    targets: Mapping[str, TargetSettings] | None = None,
) -> APIRouter:
    """The routes under /api/v1. `watched`: the platforms of the settings, `targets`: what they forward to."""
    router = APIRouter(tags=["report"], responses=REFUSALS)
    router.include_router(router_aggregates(engine, clock))
    router.include_router(router_published(engine))
    router.include_router(router_status(engine, clock, watched, targets))
    router.include_router(router_reconciliation(engine, clock))
    router.include_router(router_gaps(engine, clock))
    return router
