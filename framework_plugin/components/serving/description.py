"""The REST API, described as OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin import __version__

FILE = Path(__file__).with_name("openapi.yml")
_ALWAYS = "server"


@cache
def whole_description() -> dict[str, Any]:
    """All that can be served, whether it is or not."""
    content: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    content["info"]["version"] = __version__
    return content


def description_of(channels: Sequence[InputChannel]) -> dict[str, Any]:
    """What a server with these channels offers.

    Args:
        channels: Those of `credentials.yml`.
    """
    names = {_ALWAYS, *(type(channel).__name__ for channel in channels)}
    whole = whole_description()
    paths = {
        path: {key: value for key, value in found.items() if key != "x-of"}
        for path, found in whole["paths"].items()
        if found["x-of"] in names
    }
    return {**whole, "paths": paths}


def description_routes(channels: Sequence[InputChannel]) -> Blueprint:
    """`/openapi.json`."""
    routes = Blueprint("personal_chat_description")
    text = json.dumps(description_of(channels), ensure_ascii=False)

    async def describe(request: Request) -> HTTPResponse:
        return response.text(text, content_type="application/json")

    routes.add_route(describe, "/openapi.json", methods=["GET"], name="describe")
    return routes
