"""A worker process: it loads a model and serves the connections it is handed.

Started by `Worker` as `python -m framework_plugin.cli.serving.process`. It ends with
its supervisor, even when that is killed.
"""

from __future__ import annotations

import argparse
import json
import logging
import signal
import socket
import sys

from framework_plugin.cli.action_process import end_with, keep_what_is_loaded
from framework_plugin.cli.serving.orders import Orders
from framework_plugin.cli.serving.worker import FAILED, READY
from framework_plugin.errors import PersonalChatError

_LONGEST = 65_536


def main() -> None:
    """Serves until the supervisor says that it is enough."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    arguments = parser.parse_args()
    end_with(arguments.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    control = socket.socket(fileno=arguments.control)
    orders = Orders.from_bytes(control.recv(_LONGEST))
    try:
        _serve(orders, control)
    except PersonalChatError as error:
        control.send(FAILED + str(error).encode())
        sys.exit(1)


def _serve(orders: Orders, control: socket.socket) -> None:
    # Only now, so that a parent that dies early is noticed at once.
    from framework_plugin.cli.silence import import_rasa

    import_rasa(verbose=orders.verbose)
    from framework_plugin.cli.serving.application import make_application
    from framework_plugin.cli.serving.receiving import Receiver

    # What fails while loading is shown by the command, and need not be by Sanic too.
    error_logger = logging.getLogger("sanic.error")
    error_logger.disabled = True
    app = make_application(orders)

    def announce() -> None:
        error_logger.disabled = False
        keep_what_is_loaded()
        channels = getattr(app.ctx, "input_channels", None) or ()
        said = {"page": any(channel.name() == "web" for channel in channels)}
        control.send(READY + json.dumps(said).encode())

    Receiver(app, control).run(announce)


if __name__ == "__main__":
    main()
