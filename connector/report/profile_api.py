"""The xAPI Profile under the path of its IRIs: https://w3id.org/thaksa/… is /thaksa/… here. For anybody."""

from functools import cache
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse

from connector.platforms.moodle.activities import ACTIVITY_TYPES
from mappings import shipped
from mappings.framework import load_yaml
from mappings.vocabulary import OURS
from mappings.xapi_profile import build_profile, find_concept


class JsonLd(JSONResponse):
    """An answer in JSON-LD."""

    media_type = "application/ld+json"


@cache
def the_profile() -> dict[str, Any]:
    """The profile of this release, with the learning categories of the framework that comes with it."""
    framework = load_yaml(shipped.text(shipped.FRAMEWORK), shipped.FRAMEWORK)
    return build_profile(framework.categories, ACTIVITY_TYPES)


def router_profile() -> APIRouter:
    """The routes under `/thaksa`."""
    nothing: dict[int | str, dict[str, Any]] = {404: {"description": "the profile has nothing of this name"}}
    router = APIRouter(prefix="/thaksa", tags=["xAPI Profile"], responses=nothing)

    @router.get("/{name:path}", response_class=JsonLd)
    def concept(name: str) -> JsonLd:
        """The profile (`profile`), or one of its concepts and templates."""
        found = find_concept(the_profile(), f"{OURS}{name}")
        if found is None:
            raise HTTPException(404, f"the profile has nothing under {OURS}{name}")
        return JsonLd(found)

    return router
