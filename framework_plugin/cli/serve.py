"""`personal-chat serve`: the assistant for its channels, with the actions beside it."""

from __future__ import annotations

import logging
import socket
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from framework_plugin.cli import project
from framework_plugin.cli.action_server import ActionServer, running_actions
from framework_plugin.cli.options import ENDPOINTS, Endpoints, Model, Verbose
from framework_plugin.cli.silence import import_rasa, rasa_errors
from framework_plugin.cli.train import train_first
from framework_plugin.errors import PersonalChatError

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")]
Interface = Annotated[
    str,
    typer.Option(
        "--interface",
        help="The address to listen on; 0.0.0.0 lets other machines in.",
    ),
]
EnableApi = Annotated[
    bool,
    typer.Option(
        "--enable-api", help="Offer Rasa's HTTP API too, which has no password."
    ),
]


def serve(
    port: Port = 5005,
    interface: Interface = "127.0.0.1",
    enable_api: EnableApi = False,
    model: Model = None,
    endpoints: Endpoints = ENDPOINTS,
    verbose: Verbose = False,
) -> None:
    """Serve the channels of credentials.yml over HTTP."""
    project.require_project()
    project.read_endpoints(endpoints)
    chosen = project.chosen_model(model) or train_first(verbose=verbose)
    with (
        _listening(interface, port) as listening,
        running_actions(endpoints, verbose=verbose) as actions,
    ):
        import_rasa(verbose=verbose)
        app, workers = _application(chosen, endpoints, actions, enable_api, port)
        app.run(sock=listening, workers=workers, motd=False)


def _listening(interface: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything is loaded.

    Raises:
        PersonalChatError: If it cannot be had.
    """
    try:
        return socket.create_server((interface, port))
    except OSError as error:
        raise PersonalChatError(
            f"Cannot listen on port {port} of {interface}: {error.strerror}. Expected "
            "a free port and an address of this machine; see --port and --interface."
        ) from error


def _application(
    model: Path, endpoints: Path, actions: ActionServer, enable_api: bool, port: int
) -> tuple[Any, int]:
    """Rasa's web application, and how many processes are to run it."""
    from rasa.core.run import close_resources, configure_app, create_http_input_channels
    from rasa.core.utils import number_of_sanic_workers
    from rasa.utils.common import update_sanic_log_level

    from framework_plugin.cli.assistant import load_agent, services

    named = services(endpoints, actions.url)
    with rasa_errors():
        channels = create_http_input_channels(None, str(project.CREDENTIALS))
        app = configure_app(channels, enable_api=enable_api, port=port, endpoints=named)

    # What fails while loading is shown by the command, and need not be by Sanic too.
    error_logger = logging.getLogger("sanic.error")
    error_logger.disabled = True

    async def load(app: Any, loop: Any) -> None:
        app.ctx.agent = await load_agent(model, named, loop)
        actions.wait_until_ready()
        error_logger.disabled = False

    app.register_listener(load, "before_server_start")
    app.register_listener(partial(_announce, port), "after_server_start")
    app.register_listener(close_resources, "after_server_stop")
    update_sanic_log_level()
    return app, number_of_sanic_workers(named.lock_store)


async def _announce(port: int, app: Any, *_: Any) -> None:
    here = f"http://localhost:{port}"
    page = f" The chat page: {here}/chat/" if _has_page(app) else ""
    Console(stderr=True, soft_wrap=True).print(
        f"Listening on port {port}; Ctrl-C stops.{page}\n"
        f"For the channel 'rest': POST {here}/webhooks/rest/webhook"
    )


def _has_page(app: Any) -> bool:
    """Whether `credentials.yml` names the chat page."""
    channels = getattr(app.ctx, "input_channels", None) or ()
    return any(channel.name() == "web" for channel in channels)
