"""`personal-chat serve`: the assistant for its channels, with the actions beside it."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from framework_plugin.cli import project
from framework_plugin.cli.options import ENDPOINTS, Endpoints, Model, Verbose
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.cli.serving.sharing import require_shared
from framework_plugin.cli.serving.supervisor import BACKLOG, Supervisor
from framework_plugin.cli.train import train_first
from framework_plugin.errors import ArtefactError, PersonalChatError

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")]
Interface = Annotated[
    str,
    typer.Option(
        "--interface",
        help="The address to listen on; 0.0.0.0 lets other machines in.",
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        envvar="SANIC_WORKERS",
        help="Processes that answer; more than one need PostgreSQL and Redis.",
    ),
]
EnableApi = Annotated[
    bool,
    typer.Option(
        "--enable-api", help="Offer Rasa's HTTP API too; see --auth-token for a guard."
    ),
]
AuthToken = Annotated[
    str | None,
    typer.Option(
        "--auth-token",
        envvar="AUTH_TOKEN",
        help="Guards Rasa's HTTP API (?token=…) and the metrics.",
    ),
]
JwtSecret = Annotated[
    str | None,
    typer.Option(
        "--jwt-secret",
        envvar="JWT_SECRET",
        help="Guards Rasa's HTTP API by signed tokens of its users.",
    ),
]
JwtMethod = Annotated[
    str, typer.Option("--jwt-method", help="How these tokens are signed.")
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        min=1,
        max=64,
        help="Messages that one process understands and answers at once.",
    ),
]
Credentials = Annotated[
    Path,
    typer.Option("--credentials", help="Names the channels and their secrets."),
]
JsonLogs = Annotated[
    bool,
    typer.Option("--json-logs", help="Log a line of JSON for each turn and event."),
]


def serve(
    port: Port = 5005,
    interface: Interface = "127.0.0.1",
    workers: Workers = 1,
    enable_api: EnableApi = False,
    auth_token: AuthToken = None,
    jwt_secret: JwtSecret = None,
    jwt_method: JwtMethod = "HS256",
    threads: Threads = 4,
    json_logs: JsonLogs = False,
    model: Model = None,
    endpoints: Endpoints = ENDPOINTS,
    credentials: Credentials = project.CREDENTIALS,
    verbose: Verbose = False,
) -> None:
    """Serve the channels of credentials.yml over HTTP.

    SIGHUP loads the newest model without a failed request; SIGTERM finishes what is
    under way.
    """
    project.require_project()
    require_shared(project.read_endpoints(endpoints), workers)
    chosen = project.chosen_model(model) or train_first(verbose=verbose)
    orders = Orders(
        model=chosen,
        endpoints=endpoints,
        credentials=credentials,
        port=port,
        enable_api=enable_api,
        auth_token=auth_token,
        jwt_secret=jwt_secret,
        jwt_method=jwt_method,
        threads=threads,
        json_logs=json_logs,
        log_key=os.environ.get("PERSONAL_CHAT_LOG_KEY") or secrets.token_hex(16),
        verbose=verbose,
    )
    console = Console(stderr=True, soft_wrap=True, highlight=False)

    def announce(said: dict[str, bool]) -> None:
        here = f"http://localhost:{port}"
        page = f" The chat page: {here}/chat/" if said.get("page") else ""
        console.print(
            f"Listening on port {port}; Ctrl-C stops.{page}\n"
            f"For the channel 'rest': POST {here}/webhooks/rest/webhook"
        )

    with _listening(interface, port) as listening:
        supervisor = Supervisor(
            listening,
            orders,
            workers,
            lambda: _chosen_again(model),
            lambda said: console.print(said, markup=False),
            announce,
        )
        asyncio.run(supervisor.run())


def _listening(interface: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything is loaded.

    Raises:
        PersonalChatError: If it cannot be had.
    """
    try:
        return socket.create_server((interface, port), backlog=BACKLOG)
    except OSError as error:
        raise PersonalChatError(
            f"Cannot listen on port {port} of {interface}: {error.strerror}. Expected "
            "a free port and an address of this machine; see --port and --interface."
        ) from error


def _chosen_again(model: Path | None) -> Path:
    """The model of a reload: the one that was named, or what is newest by now.

    Raises:
        ArtefactError: If there is none.
    """
    chosen = project.chosen_model(model)
    if chosen is None:
        raise ArtefactError(
            f"There is no model in {project.MODELS}/. Expected the one that "
            "'personal-chat train' makes there."
        )
    return chosen
