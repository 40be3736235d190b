"""The web application: the record store at /xapi, the report API at /api/v1, the pages at /."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from threading import Event

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from sqlalchemy import Engine
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.access.mount import open_to_users
from connector.base_path import BasePath
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
    engine, prefix = connect(settings.database), settings.base_path + XAPI
    watched = watched_by(settings)
    operations = Operations(engine, settings, watched, stopping)
    store = create_lrs_app(
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
    app = FastAPIOffline(
        title="Thaksa",
        version=version("thaksa"),
        servers=[{"url": settings.base_path}] if settings.base_path else None,
        docs_url=None,
        redoc_url=None,
        responses=GUARDED,
        lifespan=_lifespan(engine, store),
    )
    app.include_router(router_api(engine, watched=watched, targets=settings.targets), prefix="/api/v1")
    app.include_router(router_case(engine))
    app.include_router(router_profile())
    operations.add_routes(app)
    app.mount("/static", StaticFiles(directory=str(files("connector.report") / "static")), name="static")
    app.include_router(router_unfinished(engine), include_in_schema=False)
    app.include_router(router_pages(engine), include_in_schema=False)
    app.include_router(router_people_search(engine), include_in_schema=False)
    app.include_router(router_sheets(engine), include_in_schema=False)
    app.include_router(router_published_page(engine), include_in_schema=False)
    app.include_router(router_assignments(engine), include_in_schema=False)
    app.include_router(router_person_forms(engine), include_in_schema=False)
    imports = router_imports(
        engine, import_kinds(settings), settings.uploads_folder, settings.import_mebibytes
    )
    app.include_router(imports, include_in_schema=False)
    app.include_router(router_claims(engine, settings.home_page), include_in_schema=False)
    app.include_router(router_posts(engine), include_in_schema=False)
    app.include_router(router_mappings(engine), include_in_schema=False)
    app.include_router(router_accounts(engine), include_in_schema=False)
    app.include_router(router_merges(engine), include_in_schema=False)
    app.include_router(router_reminders(engine, settings), include_in_schema=False)
    app.include_router(router_statements(engine), include_in_schema=False)
    status = router_status(engine, watched=watched, targets=settings.targets)
    app.include_router(status, include_in_schema=False)
    app.include_router(router_language(), include_in_schema=False)
    app.include_router(router_docs(), include_in_schema=False)
    if settings.access == "users":
        open_to_users(app, engine, settings)
    operations.add_local(app)
    app.add_middleware(Languages)
    app.add_middleware(SameOrigin, public=settings.public_address)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)
    operations.watch_pages(app)
    pages = BasePath(app, settings.base_path) if settings.base_path else app
    return StoreFirst(pages, prefix=prefix, store=operations.watch_store(store, XAPI))


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
