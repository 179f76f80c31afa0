from pathlib import Path

import pytest

from framework_plugin.retrieval.readers import Reading, read_document
from tests.retrieval.making import write

pytest.importorskip("lxml")

PAGE = """\
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>售后 - 小满茶铺</title>
<link rel="canonical" href="https://tea.example/after">
<style>p { color: red }</style><script>document.write("坏")</script></head>
<body><nav><a href="/">首页</a></nav>
<header><h1>售后</h1></header>
<!-- 注释 -->
<div>裸露的<b>文字</b>，<a href="https://tea.example/form">表格</a>。
<p>第一段
换行，<span hidden>藏着</span>不空格。<br>第二行 {slot} {{ 7*7 }} &lt;b&gt;</p>
<p style="display:none">看不见</p>
<script>alert(1)</script></div>
<h2>退货</h2><ol><li>打开订单<ul><li>手机上</li></ul></li><li>点退货</li></ol>
<table><caption>价目</caption>
<tr><th>商品</th><th>价格</th></tr><tr><td>龙井</td><td>268元</td></tr></table>
<table><tr><td>版面</td><td><ul><li>条目</li></ul></td></tr></table>
<pre>一
  二</pre>
<table><tr><td>问题</td><td>答案</td></tr><tr><td>运费谁出</td><td>我们</td></tr></table>
<footer>版权所有</footer></body></html>
"""


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Reading:
    return read_document(write(tmp_path / "page.html", text, encoding))


def test_a_page_becomes_text_without_menus_scripts_and_styles(tmp_path: Path) -> None:
    reading = read(tmp_path, PAGE)
    assert (reading.kind, reading.title) == ("html", "售后")
    assert reading.url == "https://tea.example/after"
    assert [(piece.section, piece.text) for piece in reading.pieces] == [
        (
            "",
            "裸露的文字，表格（https://tea.example/form）。\n第一段换行，不空格。\n"
            "第二行 {slot} {{ 7*7 }} <b>",
        ),
        (
            "退货",
            "1. 打开订单\n- 手机上\n2. 点退货\n价目\n商品：龙井；价格：268元\n版面\n"
            "- 条目\n一\n二",
        ),
        ("退货", "我们"),
    ]
    assert reading.pieces[-1].questions == ("运费谁出",)


def test_the_main_part_is_taken_where_there_is_one(tmp_path: Path) -> None:
    page = "<body><p>外面</p><main><p>里面</p></main></body>"
    assert [piece.text for piece in read(tmp_path, page).pieces] == ["里面"]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("gb18030", "gb2312"),
        ("big5", "big5"),
        ("gbk", "utf-8"),
        ("utf-8", "no-such-encoding"),
    ],
)
def test_the_encoding_is_the_named_one_if_it_is_true(
    encoding: str, named: str, tmp_path: Path
) -> None:
    page = f"<meta charset='{named}'><p>七天可以退</p>"
    assert read(tmp_path, page, encoding).pieces[0].text == "七天可以退"


def test_broken_markup_and_deep_nesting_are_read_as_far_as_they_go(
    tmp_path: Path,
) -> None:
    page = f"<p>开<b>头{'<div>' * 5000}里<p>尾<table><tr><td>格"
    assert "开头" in "".join(piece.text for piece in read(tmp_path, page).pieces)
