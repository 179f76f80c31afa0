"""Actions are called on connections that stay open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from rasa.utils.endpoints import ClientResponseError

from framework_plugin.components.serving.action_endpoint import ActionEndpoint


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that says from which port it is called."""

    async def tell(request: web.Request) -> web.Response:
        said = await request.json()
        await asyncio.sleep(said.get("wait", 0))
        assert request.transport is not None
        port = request.transport.get_extra_info("peername")[1]
        return web.json_response({"port": port}, status=said.get("status", 200))

    app = web.Application()
    app.router.add_post("/webhook", tell)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/webhook"
    await runner.cleanup()


async def test_one_connection_serves_call_after_call(url) -> None:
    endpoint = ActionEndpoint(url, idle_seconds=30)
    answers = [await endpoint.request(json={}) for _ in range(3)]
    assert len({answer["port"] for answer in answers}) == 1
    with pytest.raises(ClientResponseError):
        await endpoint.request(json={"status": 400})
    await endpoint.close()
    assert (await endpoint.request(json={}))["port"] != answers[0]["port"]
    await endpoint.close()


async def test_calls_side_by_side_do_not_wait_for_each_other(url) -> None:
    endpoint = ActionEndpoint(url, idle_seconds=30)
    calls = [endpoint.request(json={"wait": 0.2}) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert len({answer["port"] for answer in answers}) == 4
    await endpoint.close()
