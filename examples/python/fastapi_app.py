"""A web service for asyncio that knows its peers.

Run it by `uvicorn fastapi_app:app --app-dir examples/python`. The cluster is configured by
SEAFOAM_...; it starts and leaves with the service. Behind several workers each of them is a node
of its own: give them SEAFOAM_LISTEN_PORT=0.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import seafoam
from fastapi import FastAPI, Request, Response

LEAST_HEALTHY = 2
"""Members, this one included, without which the service calls itself ill."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Be a member for as long as the service runs; the others see it leave."""
    async with seafoam.Cluster() as cluster:
        app.state.cluster = cluster
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/members")
async def members(request: Request) -> list[dict[str, str]]:
    """Return every node in the table."""
    cluster: seafoam.Cluster = request.app.state.cluster
    return [
        {"name": node.name, "address": node.address, "status": str(node.status)}
        for node in cluster.all_nodes()
    ]


@app.get("/health")
async def health(request: Request, response: Response) -> dict[str, int]:
    """Return how many members are healthy; 503 where they are too few."""
    cluster: seafoam.Cluster = request.app.state.cluster
    healthy = len(cluster.healthy_nodes())
    response.status_code = 200 if healthy >= LEAST_HEALTHY else 503
    return {"healthy": healthy}
