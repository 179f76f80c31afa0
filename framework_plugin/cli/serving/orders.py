"""What a worker process is told before it loads anything."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Orders:
    """How a worker is to serve.

    They go through a socket and not through the command line, which all users of a
    machine can read.

    Args:
        model: The file of the trained model.
        endpoints: The `endpoints.yml`.
        credentials: The `credentials.yml`, with the channels.
        port: Where the supervisor listens; only for messages.
        action_url: Where the actions are called; filled in by the supervisor.
        enable_api: Whether to offer Rasa's HTTP API.
        auth_token: Who sends it may use that API and read the metrics; None asks for
            no token.
        jwt_secret: With which tokens of users of that API are signed.
        jwt_method: How they are.
        threads: How many messages are understood and answered at once.
        json_logs: Whether logs are JSON, a line each.
        log_key: With which the ids of senders are made unreadable in logs.
        verbose: Whether to log more than errors.
    """

    model: Path
    endpoints: Path
    credentials: Path
    port: int
    action_url: str = ""
    enable_api: bool = False
    auth_token: str | None = None
    jwt_secret: str | None = None
    jwt_method: str = "HS256"
    threads: int = 4
    json_logs: bool = False
    log_key: str = ""
    verbose: bool = False

    def to_bytes(self) -> bytes:
        """As they are sent."""
        return json.dumps(asdict(self), default=str).encode()

    @classmethod
    def from_bytes(cls, sent: bytes) -> Orders:
        """As they were before they were sent."""
        content = json.loads(sent)
        for name in ("model", "endpoints", "credentials"):
            content[name] = Path(content[name])
        return cls(**content)
