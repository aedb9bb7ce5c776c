"""A program: asks a server all the while how it is, until its input ends; then prints the seconds of each ``/healthz``, and of each time without readiness."""

import json
import select
import sys
import time
from http.client import HTTPConnection, HTTPException

PAUSE_S, PATIENCE_S = 0.02, 60.0


def main(host: str, port: str) -> None:
    health, ready, since = [], [], None
    connection = HTTPConnection(host, int(port), timeout=PATIENCE_S)

    def status(path: str) -> int:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        began = time.monotonic()
        try:
            well = status("/healthz") == 200
            health.append(time.monotonic() - began)
            well = well and status("/readyz") == 200
        except (OSError, HTTPException):
            connection.close()
            well = False
        now = time.monotonic()
        if well and since is not None:
            ready.append(now - since)
        since = None if well else since or now
    if since is not None:
        ready.append(time.monotonic() - since)
    print(json.dumps({"health": health, "ready": ready}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
