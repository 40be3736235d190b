"""The socket on which the web application is to answer, apart from it: no other command need load that.

ServeError   the address cannot be had; one line for the operator
"""

import errno
import socket


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
