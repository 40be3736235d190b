"""1EdTech CASE 1.1, read-only: the frameworks that are loaded, for anybody. Nothing here is about a person.

Answers carry every field; the selection, filter and sort parameters of the binding are not offered.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from lrs.database import read_only
from mappings.case import PATH, CasePackage
from mappings.frameworks import read_all_frameworks

Json = dict[str, Any]
Find = Callable[[Sequence[CasePackage], str], Json | None]
Limit = Annotated[int, Query(ge=1, le=1000, description="at most so many documents")]
Offset = Annotated[int, Query(ge=0, description="the first of them")]

_NOTHING: dict[int | str, dict[str, Any]] = {404: {"description": "nothing has this identifier"}}


def router_case(engine: Engine) -> APIRouter:
    """The routes under `/ims/case/v1p1`."""
    router = APIRouter(prefix=f"/{PATH}", tags=["CASE"])

    def packages(request: Request) -> tuple[CasePackage, ...]:
        with read_only(engine).connect() as conn:
            held = read_all_frameworks(conn)
        others = [one for one, _ in held]
        return tuple(CasePackage(one, at, str(request.base_url), others) for one, at in held)

    @router.get("/CFDocuments")
    def documents(request: Request, limit: Limit = 100, offset: Offset = 0) -> Response:
        """The frameworks: a CFDocument for each version."""
        found = [each.standalone("CFDocuments", each.document()) for each in packages(request)]
        page = {"CFDocuments": found[offset : offset + limit]}
        return JSONResponse(page, headers={"X-Total-Count": str(len(found))})

    def add(kind: str, summary: str, find: Find) -> None:
        def one(identifier: str, request: Request) -> Response:
            if (fault := _no_uuid(identifier)) is not None:
                return fault
            found = find(packages(request), identifier.lower())
            return (
                _fault("unknownobject", "nothing has this identifier")
                if found is None
                else JSONResponse(found)
            )

        router.add_api_route(
            f"/{kind}/{{identifier}}", one, methods=["GET"], name=kind, summary=summary, responses=_NOTHING
        )

    add("CFPackages", "A version with all of its items and associations", _package)
    add("CFDocuments", "A version without its items", _one_of("CFDocuments"))
    add("CFItems", "A dimension or a competency", _one_of("CFItems"))
    add("CFAssociations", "What relates two items", _one_of("CFAssociations"))
    add("CFItemAssociations", "An item with all that relates it", _item_associations)
    return router


def _package(packages: Sequence[CasePackage], identifier: str) -> Json | None:
    for each in packages:
        if each.document()["identifier"] == identifier:
            return each.package()
    return None


def _one_of(kind: str) -> Find:
    def find(packages: Sequence[CasePackage], identifier: str) -> Json | None:
        for package in packages:
            for each in _parts(package, kind):
                if each["identifier"] == identifier:
                    return package.standalone(kind, each)
        return None

    return find


def _parts(package: CasePackage, kind: str) -> Iterator[Json]:
    if kind == "CFDocuments":
        yield package.document()
    else:
        yield from package.items() if kind == "CFItems" else package.associations()


def _item_associations(packages: Sequence[CasePackage], identifier: str) -> Json | None:
    item = _one_of("CFItems")(packages, identifier)
    if item is None:
        return None
    related = [
        each
        for package in packages
        for each in package.associations()
        if identifier in (each["originNodeURI"]["identifier"], each["destinationNodeURI"]["identifier"])
    ]
    return {"CFItem": item, "CFAssociations": related}


def _no_uuid(identifier: str) -> Response | None:
    try:
        UUID(identifier)
    except ValueError:
        return _fault("invalid_uuid", "the identifier is no UUID")
    return None


def _fault(minor: str, description: str) -> Response:
    field = {"imsx_codeMinorFieldName": "sourcedId", "imsx_codeMinorFieldValue": minor}
    fault = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_codeMinor": {"imsx_codeMinorField": [field]},
    }
    return JSONResponse(fault, status_code=404)
