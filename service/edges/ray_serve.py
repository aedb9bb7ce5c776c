"""The HTTP API as a deployment of Ray Serve: ``serve run casebrief.service.edges.ray_serve:app max_replicas=4``.

A replica is the application of `casebrief serve` with an engine of its own: its limits, deadlines, problems and queue are the same, and a client that goes away ends
its work. Replicas, their number, their deaths and what goes to which of them is Ray Serve's.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # before Ray is imported: nothing is told to its makers

from casebrief.models.errors import EngineUnavailable
from casebrief.service.edges.batch_work import threads_of
from casebrief.service.edges.http import create_app
from casebrief.service.edges.keys import refuse_open_door
from casebrief.service.edges.server import GRACE_S
from casebrief.service.edges.settings import Settings
from casebrief.service.edges.wiring import wire
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve import Application

LOOK_S, PATIENCE_S = 5.0, 120.0
"""How often a replica is asked whether it is well, and how long its engine may take to be back, in seconds: no shorter than a start on a busy machine."""


class Scale(BaseModel):
    """What ``serve run`` may be told, as ``name=value``, or a configuration file under ``args``."""

    model_config = ConfigDict(extra="forbid")

    min_replicas: Annotated[int, Field(ge=0)] = 1
    max_replicas: Annotated[int, Field(ge=1)] = 1
    ongoing: Annotated[
        float, Field(gt=0, description="Requests a replica, waiting ones counted, above which another is started: one fills its processors.")
    ] = 2.0
    threads: Annotated[
        int, Field(ge=0, description="Processors a replica; 0: as CASEBRIEF_THREADS says, or all of the machine shared out by max_replicas.")
    ] = 0
    here_only: Annotated[bool, Field(description="Ray Serve listens to its own machine alone (http_options.host): no key is needed then.")] = False


class Replica:
    """The application with its engine, which runs when requests come; settings are those of its machine's environment."""

    def __init__(self, threads: int) -> None:
        self._product = wire(Settings(), threads=threads)
        self._product.engine.start()

    def __serve_build_asgi_app__(self) -> FastAPI:
        return create_app(self._product)

    def check_health(self) -> None:
        """Well while ``/readyz`` would say so, or an engine is on its way. Raises `EngineUnavailable`: the replica is replaced then."""
        state: dict[str, Any] = self._product.engine_state()
        if state["state"] not in ("ready", "starting"):
            raise EngineUnavailable(f"the engine is {state['state']}: {state['last_error']}")


deployment = serve.deployment(serve.ingress()(Replica), name="casebrief")


def app(args: dict[str, Any]) -> Application:
    """The application, for Ray Serve to build; ``args`` as `Scale` has them. Raises `pydantic.ValidationError`, and `casebrief.service.edges.keys.KeysFault` where it would be open to other machines without a key."""
    scale, settings = Scale.model_validate(args), Settings()
    refuse_open_door("127.0.0.1" if scale.here_only else "0.0.0.0", settings.api_keys_file)  # noqa: S104 - what Ray Serve listens on
    threads = scale.threads or threads_of(settings, scale.max_replicas)
    scaling = {"min_replicas": scale.min_replicas, "max_replicas": max(scale.min_replicas, scale.max_replicas), "target_ongoing_requests": scale.ongoing}
    return deployment.options(
        autoscaling_config=scaling,
        ray_actor_options={"num_cpus": threads},
        max_ongoing_requests=settings.concurrency + settings.queue,
        max_queued_requests=settings.concurrency + settings.queue,
        health_check_period_s=LOOK_S,
        health_check_timeout_s=PATIENCE_S,
        graceful_shutdown_timeout_s=settings.shutdown_s + GRACE_S,
    ).bind(threads)
