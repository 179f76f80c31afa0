"""Rasa's web application as a worker serves it."""

from __future__ import annotations

from functools import partial
from typing import Any

from rasa.core.run import close_resources, configure_app, create_http_input_channels
from rasa.utils.common import update_sanic_log_level
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.cli.action_process import KEEP_ALIVE_SECONDS
from framework_plugin.cli.assistant import load_agent, services
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.cli.silence import rasa_errors
from framework_plugin.components.guarded_routes import error_of
from framework_plugin.components.serving.action_endpoint import ActionEndpoint
from framework_plugin.components.serving.agent import ServingAgent
from framework_plugin.components.serving.description import description_routes
from framework_plugin.components.serving.errors import answer_errors_as_json
from framework_plugin.components.serving.health import health_routes
from framework_plugin.components.serving.logs import set_up_logs
from framework_plugin.components.serving.quick_action import check_quickly


def make_application(orders: Orders) -> Sanic:
    """The application; it loads its model when it starts.

    Raises:
        PersonalChatError: If a file cannot be used.
    """
    check_quickly()
    named = services(orders.endpoints, orders.action_url)
    actions = ActionEndpoint(orders.action_url, KEEP_ALIVE_SECONDS / 2)
    named.action = actions
    with rasa_errors():
        channels = create_http_input_channels(None, str(orders.credentials))
        app = configure_app(
            channels,
            enable_api=orders.enable_api,
            auth_token=orders.auth_token,
            jwt_secret=orders.jwt_secret,
            jwt_method=orders.jwt_method if orders.jwt_secret else None,
            port=orders.port,
            endpoints=named,
        )
    # Paths and addresses of users are not for logs.
    app.config.ACCESS_LOG = False
    actions_health = orders.action_url.replace("/webhook", "/health")
    app.blueprint(health_routes(actions_health, orders.auth_token))
    app.blueprint(description_routes(channels))
    answer_errors_as_json(app)
    app.register_middleware(_keep_model, "request")
    log = set_up_logs(orders.log_key, as_json=orders.json_logs)
    make = partial(
        ServingAgent,
        threads=orders.threads,
        note=log.note,
        channels=frozenset(channel.name() for channel in channels),
    )

    async def load(app: Any, loop: Any) -> None:
        app.ctx.agent = await load_agent(orders.model, named, loop, make)

    app.register_listener(load, "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    app.register_listener(actions.close, "after_server_stop")
    update_sanic_log_level()
    return app


async def _keep_model(request: Request) -> HTTPResponse | None:
    """Refuses Rasa's way to another model: it would reach this worker alone."""
    if request.path == "/model" and request.method in ("PUT", "DELETE"):
        return error_of(
            409,
            "All workers get another model together: put its file in place and send "
            "SIGHUP to the server.",
        )
    return None
