"""Servers for the tests of components."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from sanic import Sanic
from sanic.touchup.service import TouchUp

from tests.memory.conftest import redis_port

__all__ = ["redis_port"]

_TOUCHED, _touch = TouchUp._registry, TouchUp.run


def _touch_once(app: Sanic) -> None:
    if not all(getattr(target, "__touched__", False) for target, _ in _TOUCHED):
        _touch(app)


@pytest.fixture(scope="session", autouse=True)
def several_servers() -> Iterator[None]:
    """Sanic rewrites its own methods when it starts, which fails the second time."""
    with patch.object(TouchUp, "run", _touch_once):
        yield
