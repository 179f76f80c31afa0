"""WeChat and WeCom on loopback: signed and encrypted as they do, by their rules."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import time
import xml.etree.ElementTree as ET
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.components.channels.platform import Asked, Platform, Reply

TOKEN = "spamtest"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


class Tencent(Platform):
    """Gives tokens, of which the newest is good, and takes messages.

    Args:
        app_id: Of the account.
        secret: With which tokens are asked for.
    """

    def __init__(self, app_id: str, secret: str = "the-app-secret") -> None:
        super().__init__()
        self.app_id = app_id
        self.secret = secret
        self.token = "none-yet"
        self._tokens = iter(range(1, 1_000))
        self.sent: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/cgi-bin/stable_token":
            given = (asked.json["appid"], asked.json["secret"])
            return self._give_token(given == (self.app_id, self.secret))
        if asked.path == "/cgi-bin/gettoken":
            given = (asked.query["corpid"], asked.query["corpsecret"])
            return self._give_token(given == (self.app_id, self.secret))
        if asked.query.get("access_token") != self.token:
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        if asked.path == "/cgi-bin/media/upload":
            return 200, {"type": "image", "media_id": "media-1"}
        if asked.path == "/cgi-bin/media/get":
            return 200, b"#!AMR\n" + asked.query["media_id"].encode()
        self.sent.append(asked.json)
        return 200, {"errcode": 0, "errmsg": "ok"}

    def expire(self) -> None:
        """Makes the token worthless, as another program may."""
        self.token = "another"

    def _give_token(self, allowed: bool) -> Reply:
        if not allowed:
            return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
        self.token = f"token-{next(self._tokens)}"
        return 200, {"access_token": self.token, "expires_in": 7200}


def sha1_of(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def sealed(text: str, app_id: str) -> str:
    """As the platform encrypts: 16 random bytes, length, text, id, padded to 32."""
    data = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(data)) + data + app_id.encode()
    padding = 32 - len(plain) % 32
    plain += bytes([padding]) * padding
    encryptor = _cipher().encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def unsealed(encrypted: str) -> tuple[str, str]:
    """The text and the id."""
    decryptor = _cipher().decryptor()
    plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
    plain = plain[16 : -plain[-1]]
    (length,) = struct.unpack(">I", plain[:4])
    return plain[4 : 4 + length].decode(), plain[4 + length :].decode()


def _cipher() -> Cipher[Any]:
    key = base64.b64decode(f"{AES_KEY}=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def posted(
    fields: dict[str, str],
    app_id: str,
    *,
    at: float | None = None,
    nonce: str = "1320562132",
    token: str = TOKEN,
) -> tuple[str, bytes]:
    """The query and the body with which the platform brings a message."""
    inner = "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in fields.items())
    encrypted = sealed(f"<xml>{inner}</xml>", app_id)
    timestamp = str(int(time.time() if at is None else at))
    query = {
        "timestamp": timestamp,
        "nonce": nonce,
        "msg_signature": sha1_of(token, timestamp, nonce, encrypted),
        "encrypt_type": "aes",
    }
    to = f"<ToUserName><![CDATA[{app_id}]]></ToUserName>"
    body = f"<xml>{to}<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return urlencode(query), body.encode()


def read_answer(body: str, app_id: str) -> dict[str, str]:
    """The fields of a passive answer, its signature and id checked."""
    outer = {one.tag: one.text or "" for one in ET.fromstring(body)}
    expected = sha1_of(TOKEN, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    assert outer["MsgSignature"] == expected
    text, to = unsealed(outer["Encrypt"])
    assert to == app_id
    return {
        one.tag: one.text or (one[0].text or "" if len(one) else "")
        for one in ET.fromstring(text)
    }


def text_message(text: str, id_: str, user: str = "oABC") -> dict[str, str]:
    return {
        "ToUserName": "gh_1",
        "FromUserName": user,
        "CreateTime": "1409735668",
        "MsgType": "text",
        "Content": text,
        "MsgId": id_,
    }


def event(name: str, key: str = "", user: str = "oABC") -> dict[str, str]:
    return {
        "ToUserName": "gh_1",
        "FromUserName": user,
        "CreateTime": "1409735668",
        "MsgType": "event",
        "Event": name,
        "EventKey": key,
    }
