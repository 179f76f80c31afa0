import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework_plugin.retrieval.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("七天内可退。运费谁出？我们！", ["七天内可退。", "运费谁出？", "我们！"]),
        ("他说：“可以退。”然后走了。", ["他说：“可以退。”", "然后走了。"]),
        ("第一行没有句号\n第二行", ["第一行没有句号", "第二行"]),
        ("运费10.5元，见 a.com/x?y=1。", ["运费10.5元，见 a.com/x?y=1。"]),
        ("It is 3.5 kg. Really? Yes.", ["It is 3.5 kg.", "Really?", "Yes."]),
        ("See e.g. Mr. Lin. He knows.", ["See e.g. Mr. Lin.", "He knows."]),
        ("1. 打开订单页", ["1. 打开订单页"]),
        ("真的吗？！好吧……再见", ["真的吗？！", "好吧……", "再见"]),
        ("  \n ", []),
    ],
)
def test_a_text_is_cut_behind_its_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet="好茶。！？…”.!? \nAb1、，", max_size=80))
def test_nothing_but_blanks_is_lost(text: str) -> None:
    joined = "".join("".join(sentences(text)).split())
    assert joined == "".join(text.split())
