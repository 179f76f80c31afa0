"""Rasa's web application as a worker serves it."""

from __future__ import annotations

from typing import Any

from rasa.core.run import close_resources, configure_app, create_http_input_channels
from rasa.utils.common import update_sanic_log_level
from sanic import Sanic

from framework_plugin.cli.assistant import load_agent, services
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.cli.silence import rasa_errors


def make_application(orders: Orders) -> Sanic:
    """The application; it loads its model when it starts.

    Raises:
        PersonalChatError: If a file cannot be used.
    """
    named = services(orders.endpoints, orders.action_url)
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

    async def load(app: Any, loop: Any) -> None:
        app.ctx.agent = await load_agent(orders.model, named, loop)

    app.register_listener(load, "before_server_start")
    app.register_listener(close_resources, "after_server_stop")
    update_sanic_log_level()
    return app
