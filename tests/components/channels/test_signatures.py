"""Signatures and encryption against the examples that the platforms publish."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from framework_plugin.components.channels.signatures import (
    dingtalk_hmac,
    feishu_sha256,
    hex_hmac_sha256,
    is_fresh,
    same,
    sorted_sha1,
)
from framework_plugin.components.channels.wechat_crypt import (
    MessageCrypt,
    fields_of,
    xml_of,
)
from framework_plugin.components.guarded_routes import Refused

# From the sample code of the WeChat Official Accounts Platform.
WECHAT = {
    "encrypted": (
        "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE="
    ),
    "signature": "5d197aaffba7e9b25a30732f161a50dee96bd5fa",
    "timestamp": "1409735669",
    "nonce": "1320562132",
}
# From the sample code of WeCom: the confirmation of an address.
WECOM = {
    "encrypted": (
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+"
        "FZXvnaqQ=="
    ),
    "signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
    "timestamp": "1409659589",
    "nonce": "263014780",
}
WECHAT_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def test_the_published_message_of_wechat_is_opened() -> None:
    crypt = MessageCrypt("spamtest", WECHAT_KEY, "wx2c2769f8efd9abc2")
    fields = fields_of(crypt.opened(**WECHAT, now=1409735700.0))
    assert fields["Content"] == "abcdteT"
    assert fields["MsgId"] == "6054768590064713728"


def test_the_published_confirmation_of_wecom_is_opened() -> None:
    key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    crypt = MessageCrypt("QDG6eK", key, "wx5823bf96d3bd56c7")
    assert crypt.opened(**WECOM, now=1409659589.0) == "1616140317555161061"


@pytest.mark.parametrize(
    ("change", "now", "status"),
    [
        ({"signature": "0" * 40}, 1409735700.0, 403),
        ({"signature": ""}, 1409735700.0, 403),
        ({"nonce": "1320562133"}, 1409735700.0, 403),
        ({}, 1409735669.0 + 301, 403),
        ({}, 1409735669.0 - 301, 403),
    ],
)
def test_what_was_changed_or_is_old_is_refused(
    change: dict[str, str], now: float, status: int
) -> None:
    crypt = MessageCrypt("spamtest", WECHAT_KEY, "wx2c2769f8efd9abc2")
    with pytest.raises(Refused) as raised:
        crypt.opened(**{**WECHAT, **change}, now=now)
    assert raised.value.status == status


def test_a_message_for_another_account_is_refused() -> None:
    crypt = MessageCrypt("spamtest", WECHAT_KEY, "wx0000000000000000")
    with pytest.raises(Refused) as raised:
        crypt.opened(**WECHAT, now=1409735700.0)
    assert raised.value.status == 400


@pytest.mark.parametrize("text", ["x", "", "你好" * 500, "]]>", "a]]]]>b", "<&>"])
def test_what_is_closed_can_be_opened_again(text: str) -> None:
    crypt = MessageCrypt("spamtest", WECHAT_KEY, "wx2c2769f8efd9abc2")
    outer = fields_of(crypt.closed(xml_of({"Content": text, "MsgType": "text"}), 5.0))
    opened = crypt.opened(
        *(outer["Encrypt"], outer["MsgSignature"], outer["TimeStamp"]),
        outer["Nonce"],
        now=5.0,
    )
    assert (fields_of(opened)["Content"] or "") == text


def test_signatures_are_those_of_the_documents() -> None:
    assert (
        sorted_sha1("789", "456", "123") == "f7c3bc1d808e04732adf679965ccc34ca7ae3441"
    )
    plain = hashlib.sha256(b'1600nonkey{"a": 1}').hexdigest()
    assert feishu_sha256("1600", "non", "key", b'{"a": 1}') == plain
    mac = hmac.new(b"this is secret", b"1577262236757\nthis is secret", "sha256")
    expected = base64.b64encode(mac.digest()).decode()
    assert dingtalk_hmac("1577262236757", "this is secret") == expected
    # RFC 4231, test case 2.
    assert hex_hmac_sha256("Jefe", b"what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize(
    "timestamp", ["", "soon", "-5", "1e9", "１００", "9" * 30, "699", "1301", "1000.5"]
)
def test_a_timestamp_that_is_none_or_not_of_now_is_not_fresh(timestamp: str) -> None:
    assert not is_fresh(timestamp, 1000.0)


def test_a_timestamp_of_about_now_is_fresh() -> None:
    assert is_fresh("701", 1000.0)
    assert is_fresh("1299", 1000.0)


def test_signatures_of_any_characters_are_compared() -> None:
    assert same("密", "密")
    assert not same("密", "ab")
    assert not same("", "ab")
