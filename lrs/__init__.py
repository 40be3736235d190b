"""An xAPI learning record store that is usable on its own; it knows no platform, person or competency."""

from lrs.api import create_lrs_app

__all__ = ["create_lrs_app"]
