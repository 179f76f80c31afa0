"""Files of questions, and lists of words, that are edited while they answer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval import LiveIndex, live
from framework_plugin.retrieval.faq_folder import FaqFolder
from framework_plugin.retrieval.store import DocumentRepository
from tests.retrieval.test_live import soon, texts, write

NOW = 1_800_000_000.0


def put(file: Path, *entries: tuple[str, str, str]) -> None:
    rows = (f"  - {{id: {i}, question: {q}, answer: {a}}}\n" for i, q, a in entries)
    file.write_text("faq:\n" + "".join(rows), encoding="utf-8")


def score(index: LiveIndex, query: str) -> float:
    """That of the best hit."""
    return index.search(query)[0].score


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "faq"
    folder.mkdir()
    both = ("postage", "运费多少", "8元"), ("bill", "怎么开发票", "在线开")
    put(folder / "a.yml", *both)
    put(folder / "b.yml", ("opening", "几点开门", "九点"))
    return folder


@pytest.fixture
def index(files: Path, repository: DocumentRepository) -> LiveIndex:
    folder = FaqFolder(files)
    return LiveIndex(folder.index(), lambda: repository, lambda: NOW, folder)


def test_what_is_changed_added_and_removed_counts_within_a_second(
    index: LiveIndex, files: Path
) -> None:
    put(files / "a.yml", ("postage", "运费多少", "免运费"))
    assert soon(lambda: texts(index, "运费多少") == ["免运费"]) < 1
    assert texts(index, "怎么开发票") == []
    assert texts(index, "几点开门") == ["九点"]

    put(files / "c.yml", ("cats", "能养猫吗", "能"))
    soon(lambda: texts(index, "能养猫吗") == ["能"])
    (files / "b.yml").unlink()
    soon(lambda: texts(index, "几点开门") == [])
    assert len(index) == 2


@pytest.mark.parametrize(
    "broken",
    [
        "faq:\n  - {id: postage, question",
        "faq:\n  - {id: postage, question: 运费多少}\n",
        "title: 空\n",
        "",
    ],
)
def test_a_file_that_becomes_broken_answers_as_before_and_is_named(
    index: LiveIndex, files: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    (files / "a.yml").write_text(broken, encoding="utf-8")
    soon(lambda: texts(index, "运费多少") == ["8元"] and "a.yml" in caplog.text)
    put(files / "b.yml", ("opening", "几点开门", "十点"))
    soon(lambda: texts(index, "几点开门") == ["十点"])
    assert texts(index, "运费多少") == ["8元"]
    assert texts(index, "怎么开发票") == ["在线开"]
    assert caplog.text.count("until it is mended") == 1

    put(files / "a.yml", ("postage", "运费多少", "免运费"))
    soon(lambda: texts(index, "运费多少") == ["免运费"])


def test_files_that_are_all_gone_go_on_answering_until_they_are_back(
    index: LiveIndex, files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = files.rename(files.with_name("away"))
    soon(lambda: texts(index, "运费多少") == ["8元"] and "no FAQ" in caplog.text)
    time.sleep(live.LOOK_EVERY)
    assert texts(index, "运费多少") == ["8元"]
    assert caplog.text.count("no FAQ") == 1

    put(away / "a.yml", ("postage", "运费多少", "免运费"))
    away.rename(files)
    soon(lambda: texts(index, "运费多少") == ["免运费"])


def test_changed_synonyms_count_for_files_and_documents(
    index: LiveIndex,
    files: Path,
    repository: DocumentRepository,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    repository.add(write(tmp_path / "d.csv", ("钢琴坏了找谁", "找老王")), at=NOW)
    soon(lambda: texts(index, "钢琴坏了找谁") == ["找老王"])
    assert score(index, "车马费多少") < 0.5

    synonyms = files / "synonyms.txt"
    synonyms.write_text("运费 车马费\n钢琴 八十八键\n", encoding="utf-8")
    soon(lambda: score(index, "车马费多少") > 0.5)
    assert texts(index, "钢琴坏了找谁") == ["找老王"]

    synonyms.write_text("运费 车马费\n邮费 车马费\n", encoding="utf-8")
    soon(lambda: bool(len(index.current())) and "lists of words stay" in caplog.text)
    assert score(index, "车马费多少") > 0.5
    synonyms.unlink()
    soon(lambda: score(index, "车马费多少") < 0.5)


def test_a_document_that_a_file_stood_before_answers_when_that_is_gone(
    index: LiveIndex, files: Path, repository: DocumentRepository, tmp_path: Path
) -> None:
    put(files / "b.yml", ("'d.csv#1'", "几点开门", "九点"))
    soon(lambda: index.passage("d.csv#1") is not None)
    repository.add(write(tmp_path / "d.csv", ("钢琴坏了找谁", "找老王")), at=NOW)
    time.sleep(2 * live.LOOK_EVERY)
    assert texts(index, "钢琴坏了找谁") == []

    (files / "b.yml").unlink()
    soon(lambda: texts(index, "钢琴坏了找谁") == ["找老王"])
    assert texts(index, "几点开门") == []


def test_no_request_fails_while_files_and_synonyms_change(
    index: LiveIndex, files: Path
) -> None:
    ending = threading.Event()
    failed: list[object] = []

    def ask() -> None:
        while not ending.is_set():
            found = texts(index, "几点开门")
            if found != ["九点"]:
                failed.append(found)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(3):
        put(files / "a.yml", ("postage", "运费多少", f"{number}元"))
        words = f"运费 车马费{'一二三'[number]}\n"
        (files / "synonyms.txt").write_text(words, "utf-8")
        wanted = [f"{number}元"]
        soon(lambda wanted=wanted: texts(index, "运费多少") == wanted)
    ending.set()
    for thread in threads:
        thread.join()

    assert failed == []


def test_nothing_counts_as_changed_where_files_hold_the_same(files: Path) -> None:
    folder = FaqFolder(files)
    assert folder.changes() is None

    (files / "a.yml").touch()
    assert folder.changes() is None


def test_a_folder_without_questions_is_an_error_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no usable question"):
        FaqFolder(tmp_path)
