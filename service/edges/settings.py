"""All settings, read once from the environment (``CASEBRIEF_…``) into one frozen object."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from casebrief.service.jobs.secret import key_of
from platformdirs import user_cache_path, user_data_path
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

NO_HOME = Path(os.devnull, "no-home")
"""Where the home of an unknown user lies: under a file, so that nothing can ever be made there, or be there already."""

Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def _of_user(find: Callable[[str], Path], *parts: str) -> Path:
    """A folder of the user's, looked up when it is wanted: an unknown user without HOME has none."""
    try:
        return find("casebrief").joinpath(*parts)
    except RuntimeError:
        return NO_HOME.joinpath("casebrief", *parts)


def whole_secret(secret: SecretStr | None) -> SecretStr | None:
    """A secret for webhooks that can sign. Raises `ValueError`."""
    if secret:
        key_of(secret.get_secret_value())
    return secret


class Settings(BaseSettings):
    """What a user may change without code. Every name is an environment variable with ``CASEBRIEF_`` before it."""

    model_config = SettingsConfigDict(env_prefix="CASEBRIEF_", frozen=True, extra="ignore")

    engine: Literal["llama", "openai"] = "llama"
    """What runs the model that answers: llama.cpp on this machine, or a server of the OpenAI API (docs/engines.md)."""
    openai_base_url: str = ""
    """Where that server is ("http://127.0.0.1:8000/v1"). The text of articles goes there."""
    openai_api_key: SecretStr | None = None
    openai_plain_http: bool = False
    """Whether articles may go to another machine without TLS."""
    model: str = ""
    """A name of the catalogue, or the path of a GGUF file; empty: the catalogue's default. With a server: the name that it serves; empty: its only one."""
    catalog: Path | None = None
    """A TOML file with further models, in the form of ``models/catalog.toml``."""
    models_dir: Path = Field(default_factory=lambda: _of_user(user_data_path, "models"))
    """Where pulled weights lie."""
    reader: Literal["auto", "labels", "prompts", "labels+prompts"] = "auto"
    """How articles are read: by marks of a model that was taught to mark, by prompts, or by prompts to a server over the marks of the embedded model; auto: as
    the model's entry says, and by prompts where there is a server."""
    weights: Literal["auto", "bf16", "q8_0", "adapter"] = "auto"
    """How a model's adapter is used: merged into its weights once, in 16 or 8 bits (auto: the form that was fastest here when
    ``casebrief models prepare`` tried them), or applied at run time."""
    context_tokens: Annotated[int, Field(ge=0)] = 0
    """Room for one article and its answers, in tokens; 0: as the catalogue says."""
    threads: Annotated[int, Field(ge=0)] = 0
    """Threads of the engine; 0: one for each processor."""
    n_gpu_layers: int = 0
    """Layers to put on the GPU, in a build that has one; -1: all."""
    extra_buffers: bool = True
    """llama.cpp's repacked weights (AMX, NEON …); off where a native build is broken."""
    hang_s: Seconds = 60.0
    """Seconds without a sign of life after which the engine's process is killed."""

    cache_dir: Path = Field(default_factory=lambda: _of_user(user_cache_path))
    """Where answers are kept, so that an article that was read need not be read again."""
    cache_mb: Annotated[int, Field(ge=0)] = 64
    """The most that is kept, in megabytes; 0: nothing is kept and nothing kept is used."""

    cases_dir: Path = Field(default_factory=lambda: _of_user(user_data_path, "cases"))
    """Where case files lie."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    api_keys_file: Path | None = None
    """The keys that clients must show, as ``casebrief keys`` writes them; none: only this machine is served, and nobody is asked."""
    receive_s: Seconds = 60.0
    """Seconds in which the head of a request must have come, and again its body."""
    max_articles: Positive = 20
    max_article_characters: Positive = 200_000
    max_request_characters: Positive = 1_000_000
    max_files_mb: Positive = 20
    """The files of a request together, as they are before base64."""
    concurrency: Positive = 4
    """Requests that are worked on side by side."""
    queue: Annotated[int, Field(ge=0)] = 8
    """Requests that may wait beyond those being worked on."""
    deadline_s: Seconds = 300.0
    """The longest that a request may take, waiting included."""
    shutdown_s: Seconds = 20.0
    """How long a running request may go on after SIGTERM."""

    jobs_dir: Path = Field(default_factory=lambda: _of_user(user_data_path, "jobs"))
    """Where jobs lie until they are done, and their results until their time is over."""
    jobs_queue: Annotated[int, Field(ge=0)] = 100
    """Jobs that may wait."""
    jobs_deadline_s: Seconds = 3600.0
    """The longest that a job may be worked on."""
    jobs_keep_s: Seconds = 86400.0
    """How long the result of a job is kept."""
    webhook_hosts: str = ""
    """Hosts beside this machine that may be told of a job's end, with commas between."""
    webhook_secret: Annotated[SecretStr | None, AfterValidator(whole_secret)] = None
    """What signs it: ``whsec_`` and at least 24 bytes as base64; without, nobody is told."""
    log: Literal["plain", "json"] = "plain"
    """Lines of the log: in words, or an object each."""
