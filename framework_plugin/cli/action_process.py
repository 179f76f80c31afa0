"""The process that runs the actions, on a socket that it inherits.

Started by `ActionServer` as `python -m framework_plugin.cli.action_process`. It ends
with its parent, even when that is killed. Where the package of the actions has a
function `warm_up`, that runs in a thread once they can be called.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import os
import signal
import socket
import sys
import threading

KEEP_ALIVE_SECONDS = 75
"""How long a connection stays open for the next call; whoever calls closes it before.
"""

_PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>; see prctl(2)."""


def main() -> None:
    """Serves the actions until it is told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--actions", required=True)
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    end_with(arguments.parent)
    _serve(arguments.actions, socket.socket(fileno=arguments.socket), arguments.verbose)


def end_with(parent: int) -> None:
    """Has the kernel kill this process when its parent dies (Linux)."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        # It died before this process could ask to be told.
        sys.exit(1)


def keep_what_is_loaded() -> None:
    """Spares Python looking for garbage in what stays until the process ends.

    A look through a loaded model takes some hundred milliseconds, which a user waits.
    """
    gc.collect()
    gc.freeze()


def _serve(actions: str, listening: socket.socket, verbose: bool) -> None:
    # Only now, so that a parent that dies early is noticed at once.
    from framework_plugin.cli.silence import prepare_logging

    prepare_logging(verbose=verbose)
    from rasa_sdk.endpoint import create_app
    from rasa_sdk.utils import update_sanic_log_level

    update_sanic_log_level()
    app = create_app(actions)
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE_SECONDS
    warm_up = getattr(importlib.import_module(actions), "warm_up", lambda: None)

    def prepare() -> None:
        warm_up()
        keep_what_is_loaded()

    def begin(*_: object) -> None:
        threading.Thread(target=prepare, name="warm-up", daemon=True).start()

    app.register_listener(begin, "after_server_start")
    app.run(sock=listening, access_log=False, motd=False)


if __name__ == "__main__":
    main()
