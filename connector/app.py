"""The web application: the record store at /xapi, the report API at /api/v1, the pages at /."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from threading import Event

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.access.mount import open_to_users
from connector.base_path import BasePath
from connector.documented import Documented
from connector.headers import SecurityHeaders
from connector.imports.kinds import import_kinds
from connector.operations.mount import Operations
from connector.report.accounts_page import router_accounts
from connector.report.answers import GUARDED
from connector.report.api import router_api
from connector.report.assignments_page import router_assignments
from connector.report.case_api import router_case
from connector.report.claims_page import router_claims
from connector.report.docs_page import router_docs
from connector.report.imports_page import router_imports
from connector.report.language_page import Languages, router_language
from connector.report.mappings_page import router_mappings
from connector.report.merge_page import router_merges
from connector.report.pages import router_pages
from connector.report.people_page import router_people_search
from connector.report.person_forms import router_person_forms
from connector.report.posts_page import router_posts
from connector.report.profile_api import router_profile
from connector.report.published_page import router_published_page
from connector.report.reminders_page import router_reminders
from connector.report.sheets_page import router_sheets
from connector.report.statements_page import router_statements
from connector.report.status_page import router_status
from connector.report.syncs import Watched
from connector.report.unfinished_page import router_unfinished
from connector.same_origin import SameOrigin
from connector.settings import Settings
from lrs import create_lrs_app
from lrs.database import connect
from lrs.record_store import RecordStore
from lrs.service import Limits

XAPI = "/xapi"


def create_app(settings: Settings, stopping: Event | None = None) -> ASGIApp:
    """The whole service on one engine; the caller has upgraded the database, and sets `stopping` before it
    ends."""
    engine = connect(settings.database)
    operations = Operations(engine, settings, watched_by(settings), stopping)
    prefix = settings.base_path + XAPI
    store = _store(engine, settings, prefix, operations)
    app = _application(settings, _lifespan(engine, store))
    _add_api(app, engine, settings)
    operations.add_routes(app)
    _add_pages(app, engine, settings)
    if settings.access == "users":
        open_to_users(app, engine, settings)
    operations.add_local(app)
    _guard(app, settings)
    operations.watch_pages(app)
    pages = BasePath(app, settings.base_path) if settings.base_path else app
    return StoreFirst(pages, prefix=prefix, store=operations.watch_store(store, XAPI))


def _store(engine: Engine, settings: Settings, prefix: str, operations: Operations) -> RecordStore:
    return create_lrs_app(
        engine,
        hash_key=settings.secret("credentials"),
        prefix=prefix,
        default_version=settings.xapi_default_version,
        version=settings.xapi_version,
        attachments=settings.attachments_folder,
        limits=Limits(
            attachment_octets=settings.attachment_mebibytes * 1024 * 1024,
            attachments=settings.attachments_per_request,
            body_octets=settings.body_mebibytes * 1024 * 1024,
            batch_statements=settings.statements_per_request,
            json_depth=settings.json_depth,
        ),
        on_stored=operations.requests.stored,
    )


def _application(settings: Settings, lifespan: Callable[[FastAPI], object]) -> FastAPI:
    return Documented(
        XAPI,
        title="Thaksa",
        version=version("thaksa"),
        servers=[{"url": settings.base_path}] if settings.base_path else None,
        responses=GUARDED,
        lifespan=lifespan,
    )


def _add_api(app: FastAPI, engine: Engine, settings: Settings) -> None:
    watched, targets = watched_by(settings), settings.targets
    app.include_router(router_api(engine, watched=watched, targets=targets), prefix="/api/v1")
    app.include_router(router_case(engine))
    app.include_router(router_profile())


def _add_pages(app: FastAPI, engine: Engine, settings: Settings) -> None:
    app.mount("/static", StaticFiles(directory=str(files("connector.report") / "static")), name="static")
    for router in _pages(engine, settings):
        app.include_router(router, include_in_schema=False)


def _pages(engine: Engine, settings: Settings) -> Iterator[APIRouter]:
    """Of two that know an address the first answers."""
    yield router_unfinished(engine)
    yield router_pages(engine)
    yield router_people_search(engine)
    yield router_sheets(engine)
    yield router_published_page(engine)
    yield router_assignments(engine)
    yield router_person_forms(engine)
    kinds = import_kinds(settings)
    yield router_imports(engine, kinds, settings.uploads_folder, settings.import_mebibytes)
    yield router_claims(engine, settings.home_page)
    yield router_posts(engine)
    yield router_mappings(engine)
    yield router_accounts(engine)
    yield router_merges(engine)
    yield router_reminders(engine, settings)
    yield router_statements(engine)
    yield router_status(engine, watched=watched_by(settings), targets=settings.targets)
    yield router_language()
    yield router_docs()


def _guard(app: FastAPI, settings: Settings) -> None:
    """The last one added sees a request first."""
    app.add_middleware(Languages)
    app.add_middleware(SameOrigin, public=settings.public_address)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)


def watched_by(settings: Settings) -> dict[str, Watched]:
    """What the status says of the platforms of the settings before they were ever synced."""
    return {
        name: Watched(one.kind, one.stale_after(settings.timetable(name)))
        for name, one in settings.platforms.items()
    }


class StoreFirst:
    """Mounts the record store in front of all that only pages need: most requests are statements.

    It asks for a credential at every request and shows no page, so that neither hosts nor frames matter.
    """

    def __init__(self, app: ASGIApp, prefix: str, store: ASGIApp) -> None:
        self._app = app
        self._prefix = prefix
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            mounted = {**scope, "root_path": scope.get("root_path", "") + self._prefix}
            await self._store(mounted, receive, send)
        else:
            await self._app(scope, receive, send)


def _lifespan(engine: Engine, store: RecordStore) -> Callable[[FastAPI], object]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()
        engine.dispose()

    return lifespan
