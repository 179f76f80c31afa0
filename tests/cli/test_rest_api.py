"""The REST API of a server with two workers, as it is described."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
import redis
import yaml

from framework_plugin.components.serving.description import whole_description
from tests.cli.served import Client, Served
from tests.cli.test_workers import project, served  # noqa: F401
from tests.memory.conftest import postgres_url, redis_of_module  # noqa: F401

pytestmark = pytest.mark.slow

TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "fedcba9876543210fedcba9876543210"
NAMES = "framework_plugin.components"


@pytest.fixture(scope="module")
def server(
    project: Path,  # noqa: F811
    postgres_url: str,  # noqa: F811
    redis_of_module: int,  # noqa: F811
) -> Iterator[Served]:
    (project / "handover.yml").write_text("idle_minutes: 30\n")
    (project / "credentials.yml").write_text(
        yaml.safe_dump(
            {
                f"{NAMES}.channels.rest.GuardedRest": {
                    "token": TOKEN,
                    "jwt_secret": SECRET,
                    "messages_per_minute": 5_000,
                    "address_messages_per_minute": 0,
                },
                f"{NAMES}.memory_api.MemoryApi": {"token": TOKEN},
                f"{NAMES}.handover_api.HandoverApi": {"token": TOKEN},
            }
        )
    )
    options = ["--workers", "2", "--auth-token", TOKEN, "--json-logs"]
    with served(project, postgres_url, redis_of_module, *options) as server:
        yield server


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def signed(sender: str, role: str = "user", secret: str = SECRET) -> str:
    return jwt.encode({"user": {"username": sender, "role": role}}, secret, "HS256")


def post(server: Served, content: object, headers: dict[str, str]) -> tuple[int, str]:
    client = Client(server.port)
    status, body = client.ask("POST", "/webhooks/rest/webhook", content, headers)
    client.close()
    return status, body.decode()


def test_only_who_has_a_token_speaks_and_a_user_only_for_himself(server) -> None:
    said = {"sender": "alice", "message": "你好"}
    assert post(server, said, {})[0] == 401
    assert post(server, said, bearer("wrong"))[0] == 401
    assert post(server, said, bearer(signed("alice", secret="x" * 32)))[0] == 401
    assert post(server, said, bearer(signed("bob")))[0] == 403
    for token in (TOKEN, signed("alice"), signed("someone", "admin")):
        status, body = post(server, said, bearer(token))
        assert (status, json.loads(body)[0]["text"]) == (200, "你好呀")


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"sender": "a"},
        {"sender": "a", "message": ""},
        {"sender": "a", "message": " \n"},
        {"sender": "a", "message": "x" * 1_001},
        {"sender": 1, "message": "x"},
        {"sender": "a\0", "message": "x"},
        {"sender": "a", "message": "x", "metadata": 3},
        {"sender": "a", "message": "x", "massage": "y"},
    ],
)
def test_what_is_no_message_is_refused(server, content) -> None:
    status, body = post(server, content, bearer())
    assert status == 400
    assert json.loads(body)["error"]


def test_a_long_body_is_refused(server) -> None:
    said = {"sender": "a", "message": "x", "metadata": {"a": "b" * 20_000}}
    assert post(server, said, bearer())[0] == 413


def test_health_readiness_and_metrics_are_told(server) -> None:
    client = Client(server.port)
    assert client.ask("GET", "/health") == (200, b'{"status":"ok"}')
    status, body = client.ask("GET", "/ready")
    assert status == 200
    assert json.loads(body)["parts"] == dict.fromkeys(
        ("model", "database", "locks", "actions"), "ok"
    )
    for user in range(6):
        # By a connection each, so that both workers have something to count.
        said = {"sender": f"counted-{user}", "message": "你好"}
        assert post(server, said, bearer())[0] == 200
    assert client.ask("GET", "/metrics")[0] == 401
    status, body = client.ask("GET", "/metrics", headers=bearer())
    figures = dict(
        line.rsplit(" ", 1) for line in body.decode().splitlines() if line[0] != "#"
    )
    assert float(figures['personal_chat_answers_total{source="rule"}']) >= 6
    for part in ("waiting", "tracker", "nlu", "policies", "actions", "save"):
        key = f'personal_chat_turn_part_seconds_count{{part="{part}"}}'
        assert float(figures[key]) >= 6, part
    assert "counted-" not in body.decode()


def test_a_turn_is_logged_by_its_id_without_who_said_what(server) -> None:
    said = {"sender": "secret-sender", "message": "悄悄话"}
    headers = {**bearer(), "X-Request-ID": "my-own-id-0001"}
    assert post(server, said, headers)[0] == 200
    line = json.loads(server.wait_for("my-own-id-0001", 10))
    assert line["turn"] == "my-own-id-0001"
    assert line["source"] == "fallback"
    assert line["ms"] > 0
    everything = "".join(server.said)
    assert "secret-sender" not in everything
    assert "悄悄话" not in everything


def test_too_many_messages_of_a_user_are_refused_by_all_workers_together(
    server,
    redis_of_module: int,  # noqa: F811
) -> None:
    """Five thousand a minute are allowed: so many are counted, not sent."""
    who = hashlib.sha256(b"busy").hexdigest()[:24]
    counts = redis.Redis("127.0.0.1", redis_of_module, db=1)
    window = int(time.time() // 60)
    for one in (window, window + 1):
        counts.set(f"limit:user:{who}:{one}", 5_000)
    status, body = post(server, {"sender": "busy", "message": "你好"}, bearer())
    assert status == 429, body
    assert post(server, {"sender": "calm", "message": "你好"}, bearer())[0] == 200


def test_every_path_that_is_described_is_served(server) -> None:
    client = Client(server.port)
    status, body = client.ask("GET", "/openapi.json")
    assert status == 200
    assert set(json.loads(body)["paths"]) == set(whole_description()["paths"])


def test_schemathesis_finds_nothing(server, tmp_path: Path) -> None:
    command = str(Path(sys.executable).with_name("schemathesis"))
    done = subprocess.run(
        [
            *(command, "run", f"http://127.0.0.1:{server.port}/openapi.json"),
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--max-examples", "25", "--seed", "7", "--no-color"),
            # Links between requests add little here, and two minutes.
            *("--phases", "coverage,fuzzing", "--continue-on-failure"),
        ],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "*"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6_000:]
