"""Puts the guard in front of the pages and the report API, and the pages of users behind it."""

from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import Engine

from connector.access.audit_page import router_audit
from connector.access.guard import Guard, Keeper
from connector.access.passwords import Passwords
from connector.access.session_pages import router_sessions
from connector.access.sessions import Sessions
from connector.access.sign_in import Door
from connector.access.users_pages import router_users
from connector.settings import Settings
from lrs.clock import Clock, utc_now


def open_to_users(app: FastAPI, engine: Engine, settings: Settings, clock: Clock = utc_now) -> None:
    """From here on only users get in. Middleware that is added later runs before the guard."""
    sessions = Sessions(
        settings.secret("sessions"),
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours),
    )
    passwords = Passwords(settings.argon2_mebibytes, settings.argon2_passes)
    door = Door(engine, passwords, sessions, settings.sign_in_tries, settings.sign_in_tries_address)
    app.include_router(router_sessions(door, clock), include_in_schema=False)
    app.include_router(router_users(engine, passwords, clock), include_in_schema=False)
    app.include_router(router_audit(engine), include_in_schema=False)
    app.add_middleware(Guard, keeper=Keeper(engine, sessions, settings.secret("api tokens"), clock))
