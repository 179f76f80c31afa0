"""Options that several commands share."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

_LONGEST_USER_ID = 255
"""Characters of the column `sender_id` in the database."""


def _login_name() -> str:
    """Who is logged in; `me` where the system does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


def _checked_user(user: str) -> str:
    if not user.strip() or len(user) > _LONGEST_USER_ID:
        raise typer.BadParameter(
            f"expected 1 to {_LONGEST_USER_ID} characters that are not all blank."
        )
    return user


User = Annotated[
    str,
    typer.Option(
        "--user",
        metavar="ID",
        callback=_checked_user,
        help="Whose memory it is: the sender_id of Rasa's channels.",
    ),
]
Sender = Annotated[
    str,
    typer.Argument(
        metavar="SENDER",
        callback=_checked_user,
        help="The sender_id of one of Rasa's channels.",
    ),
]
Endpoints = Annotated[
    Path,
    typer.Option(
        "--endpoints",
        envvar="PERSONAL_CHAT_ENDPOINTS",
        help="Names the database and the other services.",
    ),
]
Model = Annotated[
    Path | None,
    typer.Option("--model", help="A trained model; by default the newest in models/."),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Show the logs of Rasa and of the actions.")
]

ENDPOINTS = Path("endpoints.yml")
LOGIN_NAME = _login_name()
