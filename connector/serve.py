"""Runs the web application on a socket that is bound before anything else is done (connector.listening)."""

import socket
from collections.abc import Callable
from threading import Event
from types import FrameType

import uvicorn

from connector.app import create_app
from connector.http_head import BoundedHead
from connector.settings import Settings


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
