"""Errors of HTTP as JSON, wherever Sanic finds them."""

from __future__ import annotations

import logging

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

from framework_plugin.components.guarded_routes import error_of

logger = logging.getLogger(__name__)


def answer_errors_as_json(app: Sanic) -> None:
    """Has an application answer what it cannot do with `{"error": …}`."""

    async def refused(request: Request, error: SanicException) -> HTTPResponse:
        status = getattr(error, "status_code", 500)
        answer = error_of(status, str(error) or "The request cannot be answered.")
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer

    async def failed(request: Request, error: Exception) -> HTTPResponse:
        logger.exception("A request to %s failed.", request.path, exc_info=error)
        return error_of(500, "The server could not do it; its log says why.")

    app.error_handler.add(SanicException, refused)
    app.error_handler.add(Exception, failed)
