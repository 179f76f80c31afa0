"""Whether a request comes from whom it says, told in a time that tells nothing else.

Each platform has a scheme of its own; what they share is here: digests are compared as
a whole (`hmac.compare_digest`), the digest is never chosen by the request, and what was
signed long ago is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

WINDOW = 300.0
"""Seconds for which a signature counts, before and after now."""


def same(given: str, expected: str) -> bool:
    """Whether two signatures are one, whatever characters they are made of."""
    return hmac.compare_digest(given.encode(), expected.encode())


def is_fresh(timestamp: str, now: float, window: float = WINDOW) -> bool:
    """Whether a timestamp is of about now.

    Args:
        timestamp: Seconds since the epoch, as the request has it.
        now: In seconds since the epoch.
        window: In seconds.
    """
    digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
    return digits and abs(int(timestamp) - now) <= window


def sorted_sha1(*parts: str) -> str:
    """The signature of WeChat and WeCom: hex SHA-1 of the parts in sorted order.

    Source: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/
    Access_Overview.html
    """
    return hashlib.sha1(b"".join(sorted(one.encode() for one in parts))).hexdigest()


def feishu_sha256(timestamp: str, nonce: str, key: str, body: bytes) -> str:
    """The signature of Feishu: hex SHA-256 of timestamp, nonce, Encrypt Key and body.

    Source: https://open.feishu.cn/document/server-docs/event-subscription-guide/
    event-subscription-configure-/encrypt-key-encryption-configuration-case
    """
    return hashlib.sha256(f"{timestamp}{nonce}{key}".encode() + body).hexdigest()


def dingtalk_hmac(timestamp: str, secret: str) -> str:
    """The signature of DingTalk: base64 HMAC-SHA256 of timestamp and secret.

    Source: https://open.dingtalk.com/document/orgapp/receive-message
    """
    return base64.b64encode(
        hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    ).decode()


def hex_hmac_sha256(secret: str, body: bytes) -> str:
    """The signature of Slack and Facebook, without what stands in front of it."""
    return hmac.digest(secret.encode(), body, "sha256").hex()
