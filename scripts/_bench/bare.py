"""The least that a server on this machine can do: `python -m scripts._bench.bare PORT`.

POST parses the body and answers; PUT holds the body under the address's parameters, and GET gives it back.
"""

import sys

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

from scripts._bench.load import STATEMENTS


def bare_app() -> FastAPI:
    """No credential, no check, no database: one dictionary."""
    app = FastAPI()
    held: dict[str, bytes] = {}

    @app.post(STATEMENTS)
    async def parse(request: Request) -> Response:
        body = orjson.loads(await request.body())
        return Response(orjson.dumps(len(body)), media_type="application/json")

    @app.put(STATEMENTS)
    async def hold(request: Request) -> Response:
        held[request.url.query] = await request.body()
        return Response(b"true", media_type="application/json")

    @app.get(STATEMENTS)
    async def give(request: Request) -> Response:
        return Response(held[request.url.query], media_type="application/json")

    return app


def serve(app: FastAPI, port: int) -> None:
    """With the settings of `connector.serve`."""
    uvicorn.run(app, port=port, log_level="warning", access_log=False, lifespan="on", proxy_headers=False)


if __name__ == "__main__":
    serve(bare_app(), int(sys.argv[1]))
