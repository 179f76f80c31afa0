"""Personal numbers are hidden, and nothing else is touched."""

import re
import time
from datetime import date

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from framework_plugin.memory.masking import mask, mask_values

few = settings(
    phases=[Phase.generate], max_examples=200, derandomize=True, deadline=None
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的电话13812345678谢谢", "我的电话138****5678谢谢"),
        ("打 138 1234 5678 找我", "打 138 **** 5678 找我"),
        ("１３８-1234－5678", "１３８-****－5678"),
        ("+86 13812345678", "+86 138****5678"),
        ("008613812345678", "0086138****5678"),
        ("tel13812345678", "tel138****5678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * 5 6 7 8"),
        ("138\u200b1234\u200b5678", "138\u200b****\u200b5678"),
        ("13812345678一共三个", "138****5678一共三个"),
        ("13812345678 13987654321", "138****5678 139****4321"),
        ("一三八一二三四五六七八", "一三八****五六七八"),
        ("幺三八 幺二三四 五六七八", "幺三八 **** 五六七八"),
        ("（010）62345678", "（010）******78"),
        ("0755-26001234", "0755-******34"),
        ("身份证11010519491231002X", "身份证1****************X"),
        ("１１０１０５１９４９１２３１００２ｘ", "１****************ｘ"),
        ("110105491231002", "1*************2"),
        ("6222 0212 3456 7890 128", "**** **** **** ***0 128"),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("发zhangsan@qq.com或a@b.cn", "发z*******@qq.com或*@b.cn"),
    ],
)
def test_what_reaches_or_identifies_a_person_is_hidden(text, masked):
    assert mask(text) == masked
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "SC20260318",
        "SC 2026 0318",
        "20260318",
        "顺丰 SF1420 8876 301",
        "中通 7312 0045 1182",
        "SF13812345678",
        "0.13812345678",
        "139 188 299 99",
        "2026-03-18 12:00:33",
        "1700000000.123456",
        "110105194912310021",  # the check digit is wrong
        "110105199902300020",  # there is no 30th of February
        "4111111111111112",  # fails Luhn's check
        "23812345678",
        "138123456789",
        "400-820-8820",
        "@小明 在吗",
        "一二三四五六七八九十",
        "明前龙井 50g 两罐，128元",
    ],
)
def test_other_numbers_stay(text):
    assert mask(text) == text


@few
@given(st.text(alphabet="0123456789 -１３８一三八xXaSC@.q号（）", max_size=60))
def test_masking_keeps_the_length_and_only_sets_stars(text):
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, masked, strict=True))
    assert all(
        old.isdigit() or old in "Xx一三八" or "@" in text
        for old, new in zip(text, masked, strict=True)
        if old != new
    )


separators = st.sampled_from(("", " ", "-", " - ", "\u3000"))
chinese = st.text(alphabet="我的电话是请打给他，。！", max_size=10)


@few
@given(
    chinese,
    chinese,
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    separators,
    st.booleans(),
)
def test_every_mobile_number_is_hidden_wherever_it_stands(
    before, after, number, separator, wide
):
    written = separator.join((number[:3], number[3:7], number[7:]))
    if wide:
        written = written.translate({48 + n: 0xFF10 + n for n in range(10)})
    masked = mask(f"{before}{written}{after}")
    digits = re.sub(r"[^0-9*]", "", masked.translate(WIDE))
    assert digits == f"{number[:3]}****{number[7:]}"


WIDE = {0xFF10 + n: 48 + n for n in range(10)}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@few
@given(
    st.sampled_from(("110105", "310104", "440305", "510104")),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)
def test_every_identity_number_is_hidden(place, born, order):
    body = f"{place}{born:%Y%m%d}{order:03d}"
    check = "10X98765432"[
        sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11
    ]
    assert mask(f"号码{body}{check}。") == f"号码{body[0]}{'*' * 16}{check}。"


@few
@given(st.from_regex(r"62[0-9]{13,16}", fullmatch=True))
def test_every_card_number_is_hidden_up_to_its_end(body):
    total = sum(
        sum(divmod(int(d) * (2 - place % 2), 10))
        for place, d in enumerate(reversed(body))
    )
    number = f"{body}{-total % 10}"
    assert mask(number) == "*" * (len(number) - 4) + number[-4:]


def test_values_of_any_shape_are_masked_but_ids_and_names_are_not():
    event = {
        "event": "user",
        "text": "打13812345678",
        "timestamp": 1700000000.5,
        "message_id": "13812345678",
        "parse_data": {
            "text": "打13812345678",
            "entities": [
                {"entity": "phone", "value": "13812345678", "start": 1, "end": 12},
                {"entity": "number", "value": 13812345678, "start": 1, "end": 12},
            ],
            "text_tokens": [[0, 1], [1, 12]],
        },
        "metadata": {"phones": ["13812345678"], "thread_id": "13812345678"},
    }
    masked = mask_values(event)
    assert masked["message_id"] == masked["metadata"]["thread_id"] == "13812345678"
    assert masked["parse_data"]["text"] == masked["text"] == "打138****5678"
    values = [e["value"] for e in masked["parse_data"]["entities"]]
    assert values == ["138****5678"] * 2
    assert masked["metadata"]["phones"] == ["138****5678"]
    assert masked["parse_data"]["text_tokens"] == [[0, 1], [1, 12]]
    assert event["text"] == "打13812345678"


def test_what_holds_nothing_to_mask_stays_the_very_same_object():
    event = {"event": "bot", "text": "好", "data": {"buttons": [1, None, True]}}
    assert mask_values(event) is event


@pytest.mark.parametrize(
    "text",
    [
        *("1" * 50_000, "1 " * 25_000, "12 " * 15_000, "1-1-" * 12_000),
        *("a@" * 25_000, "a" * 50_000 + "@", "." * 50_000 + "@", "1a" * 25_000),
        "一 " * 25_000,
    ],
    ids=lambda text: text[:4],
)
def test_long_nonsense_takes_no_longer_than_its_length(text):
    started = time.perf_counter()
    mask(text)
    # A tenth of that on the slowest machine seen; anything worse than linear takes
    # minutes.
    assert time.perf_counter() - started < 5
