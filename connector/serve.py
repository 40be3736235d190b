"""Runs the web application on a socket that is bound before anything else is done.

ServeError   the address cannot be had; one line for the operator
"""

import errno
import socket
from collections.abc import Callable
from threading import Event
from types import FrameType

import uvicorn

from connector.app import create_app
from connector.http_head import BoundedHead
from connector.settings import Settings


class ServeError(Exception):
    """The service cannot listen where it was told to."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, so that a port in use is told at once and not after the set-up."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise ServeError(f"port {port} is in use: choose another with --port N") from None
        raise ServeError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return bound


def address(bound: socket.socket, base: str = "") -> str:
    """The URL of the overview page on a bound socket, below the base path."""
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{base}/"


def serve(settings: Settings, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serves until interrupted; calls `ready` once requests are answered."""
    stopping = Event()
    _Server(config_of(settings, stopping), ready, stopping).run(sockets=[bound])


def config_of(settings: Settings, stopping: Event | None = None) -> uvicorn.Config:
    """The server around the application: what it believes of proxies, and what it leaves to others."""
    return uvicorn.Config(
        create_app(settings, stopping),
        http=BoundedHead,
        # Its logger's lines go to ours; requests are told there too (connector.operations.watching).
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], stopping: Event) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
