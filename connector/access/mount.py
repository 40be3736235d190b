"""Puts the guard in front of the pages and the report API, and the pages of users behind it."""

from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import Engine

from connector.access.audit_page import router_audit
from connector.access.credentials_page import router_credentials
from connector.access.guard import Guard, Keeper
from connector.access.openid import Provider
from connector.access.openid_pages import router_openid
from connector.access.passwords import Passwords
from connector.access.session_pages import router_sessions
from connector.access.sessions import Sessions
from connector.access.sign_in import Door
from connector.access.users_pages import router_users
from connector.settings import Settings
from connector.settings_openid import read_openid_secret
from lrs.clock import Clock, utc_now


def open_to_users(app: FastAPI, engine: Engine, settings: Settings, clock: Clock = utc_now) -> None:
    """From here on only users get in. Middleware that is added later runs before the guard."""
    sessions = Sessions(
        settings.secret("sessions"),
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours),
    )
    passwords = Passwords(settings.argon2_mebibytes, settings.argon2_passes)
    provider = _provider(settings)
    label = None if settings.openid is None else settings.openid.label
    door = Door(engine, passwords, sessions, settings.sign_in_tries, settings.sign_in_tries_address, label)
    app.include_router(router_sessions(door, clock), include_in_schema=False)
    app.include_router(router_openid(door, provider, settings.public_address, clock), include_in_schema=False)
    app.include_router(router_users(engine, passwords, clock), include_in_schema=False)
    app.include_router(router_audit(engine), include_in_schema=False)
    app.include_router(
        router_credentials(engine, settings.secret("credentials"), clock), include_in_schema=False
    )
    app.add_middleware(Guard, keeper=Keeper(engine, sessions, settings.secret("api tokens"), clock))


def _provider(settings: Settings) -> Provider | None:
    """Raises SettingsError where the secret is missing."""
    if settings.openid is None:
        return None
    secret = read_openid_secret(settings.openid, settings.data)
    return Provider(settings.openid, secret, settings.secret("openid"))
