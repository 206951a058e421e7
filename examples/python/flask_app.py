"""A web service for threads that knows its peers. Run it: flask_app.py HOST PORT.

The cluster is configured by SEAFOAM_...; it starts and leaves with the service. A server that forks
its workers after it has loaded the program has to start the cluster in each worker: a cluster does
not live in the child of the process that started it.
"""

from __future__ import annotations

import signal
import sys

from flask import Flask
from seafoam import blocking

LEAST_HEALTHY = 2
"""Members, this one included, without which the service calls itself ill."""


def create_app(cluster: blocking.Cluster) -> Flask:
    """Return the service. Its threads share the cluster: any of them may make any call."""
    app = Flask(__name__)

    @app.get("/members")
    def members() -> list[dict[str, str]]:
        return [
            {"name": node.name, "address": node.address, "status": str(node.status)}
            for node in cluster.all_nodes()
        ]

    @app.get("/health")
    def health() -> tuple[dict[str, int], int]:
        healthy = len(cluster.healthy_nodes())
        return {"healthy": healthy}, 200 if healthy >= LEAST_HEALTHY else 503

    return app


def main(host: str, port: int) -> None:
    """Serve until a signal comes; then leave, so that the others do not see a crash."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with blocking.Cluster() as cluster:
        create_app(cluster).run(host, port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
