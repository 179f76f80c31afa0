"""The encryption of messages of WeChat and WeCom: AES by wechatpy, signatures by us."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any

from framework_plugin.components.channels.signatures import (
    is_fresh,
    same,
    sorted_sha1,
)
from framework_plugin.components.guarded_routes import Refused
from framework_plugin.components.readable_errors import ComponentError

INSTALL = "Install it with: pip install 'personal-chat[wechat]'"


class MessageCrypt:
    """Opens what the platform sends, and closes what answers it.

    Args:
        token: The one chosen in the platform's settings.
        key: The EncodingAESKey, 43 characters.
        app_id: Of the account, or of the company: messages are for it alone.

    Raises:
        ComponentError: If wechatpy is missing, or the key is none.
    """

    def __init__(self, token: str, key: str, app_id: str) -> None:
        try:
            from wechatpy.crypto import PrpCrypto
        except ImportError as error:
            raise ComponentError(
                f"WeChat and WeCom need the package wechatpy. {INSTALL}"
            ) from error
        self._token = token
        self._app_id = app_id
        try:
            decoded = base64.b64decode(f"{key}=", validate=True)
        except (ValueError, binascii.Error):
            decoded = b""
        if len(key) != 43 or len(decoded) != 32:
            raise ComponentError(
                f"'encoding_aes_key' has {len(key)} characters; expected the 43 "
                "letters and digits of the platform's settings."
            )
        self._crypt = PrpCrypto(decoded)

    def opened(
        self, encrypted: str, signature: str, timestamp: str, nonce: str, now: float
    ) -> str:
        """What a message says.

        Args:
            encrypted: Its field `Encrypt`, or `echostr`.
            signature: `msg_signature` of the query.
            timestamp: Of the query.
            nonce: Of the query.
            now: In seconds since the epoch.

        Raises:
            Refused: If it is not from the platform, not for us, old or damaged.
        """
        expected = sorted_sha1(self._token, timestamp, nonce, encrypted)
        check(signature, expected, timestamp, now)
        try:
            return str(self._crypt.decrypt(encrypted, self._app_id))
        except Exception as error:
            # wechatpy raises whatever its parts raise.
            raise Refused(
                400,
                "The message cannot be decrypted; check EncodingAESKey and the id of "
                f"the app ({type(error).__name__}).",
            ) from None

    def closed(self, text: str, now: float) -> str:
        """An answer, encrypted and signed, as XML."""
        encrypted = self._crypt.encrypt(text, self._app_id).decode()
        timestamp, nonce = str(int(now)), secrets.token_hex(8)
        return xml_of(
            {
                "Encrypt": encrypted,
                "MsgSignature": sorted_sha1(self._token, timestamp, nonce, encrypted),
                "TimeStamp": timestamp,
                "Nonce": nonce,
            }
        )


def check(signature: str, expected: str, timestamp: str, now: float) -> None:
    """Lets pass what is signed, and of now.

    Raises:
        Refused: If it is not.
    """
    if not same(signature, expected):
        raise Refused(
            403, "The signature is wrong; check the token in the platform's settings."
        )
    if not is_fresh(timestamp, now):
        raise Refused(
            403, "The request is too old; check the clock of the server, too."
        )


def fields_of(xml: str | bytes) -> dict[str, Any]:
    """The fields of a message.

    Raises:
        Refused: If it is no XML of that form.
    """
    import xmltodict

    try:
        fields = xmltodict.parse(xml)["xml"]
    except Exception as error:
        # Damaged, or with entities, which xmltodict does not follow.
        raise Refused(
            400, f"The body is not the XML of a message ({type(error).__name__})."
        ) from None
    if not isinstance(fields, dict):
        raise Refused(400, "The body is XML without fields.")
    return fields


def xml_of(fields: Mapping[str, Any]) -> str:
    """Fields as the XML that the platform reads; mappings are nested."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(fields: Mapping[str, Any]) -> str:
    parts = []
    for name, value in fields.items():
        if isinstance(value, Mapping):
            inner = _inner(value)
        else:
            # The end of a section within a text would end the section.
            escaped = str(value).replace("]]>", "]]]]><![CDATA[>")
            inner = f"<![CDATA[{escaped}]]>"
        parts.append(f"<{name}>{inner}</{name}>")
    return "".join(parts)
