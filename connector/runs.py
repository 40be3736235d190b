"""What an operator or the schedule sets going: a sync of one platform, and the refresh after it."""

from collections.abc import Callable

from sqlalchemy import Engine

from connector.platforms import PLATFORMS, Platform
from connector.settings import Settings, SettingsError
from connector.sync import SyncReport, sync
from lrs.clock import Clock
from mappings.progress import refresh

Progress = Callable[[str, int, int], None]


def open_platform(settings: Settings, name: str) -> Platform:
    """The platform of that name in the settings."""
    if name not in settings.platforms:
        known = ", ".join(sorted(settings.platforms)) or "none"
        raise SettingsError(f"platform {name!r} is not in the settings (known: {known})")
    chosen = settings.platforms[name]
    token = settings.platform_token(name)
    key = settings.secret("national-id")
    return PLATFORMS[chosen.kind](url=chosen.url, token=token, hash_key=key, reading=chosen.reading)


def sync_platform(
    settings: Settings,
    engine: Engine,
    name: str,
    clock: Clock,
    progress: Progress | None = None,
    *,
    accept_shrink: bool = False,
) -> SyncReport:
    """Syncs one platform and recomputes the learners it touched.

    `accept_shrink`: an operator has seen that many completions will be taken back, and it is right.
    """
    platform = open_platform(settings, name)
    report = sync(
        engine,
        platform,
        name=name,
        kind=settings.platforms[name].kind,
        now=clock(),
        clock=clock,
        progress=progress,
        allow_shrink=accept_shrink,
    )
    with engine.begin() as conn:
        refresh(conn, clock())
    return report
