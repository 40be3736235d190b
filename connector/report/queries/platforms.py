"""The name that the settings give to a home page."""

from sqlalchemy import Subquery, func, select

from connector.tables import platform


def platform_names() -> Subquery:
    """home_page, name: one row a home page, although a renamed platform leaves its old row behind."""
    return (
        select(platform.c.home_page, func.max(platform.c.name).label("name"))
        .group_by(platform.c.home_page)
        .subquery("platform_names")
    )
