"""The encryption and signature of events of Feishu and Lark."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from framework_plugin.components.channels.signatures import (
    feishu_sha256,
    is_fresh,
    same,
)
from framework_plugin.components.guarded_routes import Refused

_BLOCK = 16


def opened(encrypted: str, key: str) -> str:
    """What an encrypted event says: AES-256-CBC, the key hashed, the vector in front.

    Source: https://open.feishu.cn/document/server-docs/event-subscription-guide/
    event-subscription-configure-/encrypt-key-encryption-configuration-case

    Args:
        encrypted: Base64.
        key: The Encrypt Key.

    Raises:
        Refused: If it cannot be opened.
    """
    try:
        data = base64.b64decode(encrypted, validate=True)
        mode = modes.CBC(data[:_BLOCK])
        cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), mode)
        decryptor, unpadder = cipher.decryptor(), PKCS7(8 * _BLOCK).unpadder()
        padded = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, binascii.Error):
        raise Refused(
            400, "The event cannot be decrypted; check the Encrypt Key."
        ) from None


def event_of(body: bytes, key: str) -> dict[str, Any]:
    """The event of a body, decrypted.

    Raises:
        Refused: If it is none, or not encrypted.
    """
    encrypted = _object(body).get("encrypt")
    if not isinstance(encrypted, str):
        raise Refused(
            400, "The event is not encrypted; set an Encrypt Key in the app's settings."
        )
    return _object(opened(encrypted, key))


def check_signature(
    headers: Mapping[str, str], body: bytes, key: str, now: float
) -> None:
    """Lets pass what is signed, and of now.

    Raises:
        Refused: If it is not.
    """
    timestamp = headers.get("x-lark-request-timestamp", "")
    nonce = headers.get("x-lark-request-nonce", "")
    expected = feishu_sha256(timestamp, nonce, key, body)
    if not same(headers.get("x-lark-signature", ""), expected):
        raise Refused(403, "The signature is wrong; check the Encrypt Key.")
    if not is_fresh(timestamp, now):
        raise Refused(
            403, "The request is too old; check the clock of the server, too."
        )


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Refused(400, "The body is not the JSON of an event.")
    return content
