"""What an operator or the schedule sets going: a sync of one platform, and the refresh after it."""

from dataclasses import dataclass

from sqlalchemy import Engine

from connector.email_look_up import last_good_sync, look_up
from connector.key_file import read_keys
from connector.platforms import PLATFORMS, FindsByEmail, Platform
from connector.preview import Preview, preview
from connector.schedule_store import note_full, note_success
from connector.settings import Settings, SettingsError
from connector.sync import Options, Progress, sync
from connector.sync_store import SyncReport
from connector.without_erased import WithoutErased
from lrs.clock import Clock
from lrs.database import read_only
from mappings.progress import refresh
from mappings.tombstones import Tombstones, read_tombstones


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is chosen for one run beside the settings, as in `connector.sync.Options`."""

    only: frozenset[str] = frozenset()
    full: bool = False
    accept_shrink: bool = False


_AS_USUAL = Chosen()


def open_platform(settings: Settings, name: str) -> Platform:
    """The platform of that name in the settings."""
    if name not in settings.platforms:
        known = ", ".join(sorted(settings.platforms)) or "none"
        raise SettingsError(f"platform {name!r} is not in the settings (known: {known})")
    chosen = settings.platforms[name]
    token = settings.platform_token(name)
    keys = read_keys(settings)
    return PLATFORMS[chosen.kind](url=chosen.url, token=token, hash_keys=keys, reading=chosen.reading)


def sync_platform(
    settings: Settings,
    engine: Engine,
    name: str,
    clock: Clock,
    progress: Progress | None = None,
    chosen: Chosen = _AS_USUAL,
) -> SyncReport:
    """Syncs one platform, ends its pause, and recomputes the learners it touched."""
    finder = _finder(settings, name)
    platform, began, before = _without_erased(settings, engine, name), clock(), last_good_sync(engine, name)
    try:
        report = sync(
            engine,
            platform,
            name=name,
            kind=settings.platforms[name].kind,
            now=began,
            clock=clock,
            progress=progress,
            options=_options(settings, name, chosen),
        )
        with engine.begin() as conn:
            note_success(conn, name)
            if not chosen.only:
                note_full(conn, name, began, first_only=not chosen.full)
        if finder:
            erased = _erased(settings, engine)
            since = None if chosen.full else before
            look_up(engine, finder, platform.home_page, since, erased, clock(), f"sync {name}")
        return report
    finally:
        # After a failure too: what was read before it counts.
        with engine.begin() as conn:
            refresh(conn, clock())


def preview_platform(
    settings: Settings,
    engine: Engine,
    name: str,
    clock: Clock,
    progress: Progress | None = None,
    chosen: Chosen = _AS_USUAL,
) -> Preview:
    """What `sync_platform` would do now; writes nothing."""
    options = _options(settings, name, chosen)
    platform = _without_erased(settings, engine, name)
    return preview(engine, platform, name=name, now=clock(), options=options, progress=progress)


def _finder(settings: Settings, name: str) -> FindsByEmail | None:
    """The platform, if people are to be found there by their e-mail addresses."""
    platform = open_platform(settings, name)
    if not settings.platforms[name].look_up_emails:
        return None
    if not isinstance(platform, FindsByEmail):
        raise SettingsError(
            f"platform {name}: its kind finds nobody by an e-mail address: leave look_up_emails out"
        )
    return platform


def _erased(settings: Settings, engine: Engine) -> Tombstones:
    with read_only(engine).begin() as conn:
        return read_tombstones(conn, settings.secret("tombstones"))


def _without_erased(settings: Settings, engine: Engine, name: str) -> Platform:
    return WithoutErased(open_platform(settings, name), engine, settings.secret("tombstones"))


def _options(settings: Settings, name: str, chosen: Chosen) -> Options:
    usual = settings.platforms[name]
    return Options(
        courses=frozenset(usual.courses),
        only=chosen.only,
        full=chosen.full,
        accept_shrink=chosen.accept_shrink,
        shrink_share=usual.shrink_share,
        shrink_at_least=usual.shrink_at_least,
    )
