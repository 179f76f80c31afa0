"""The live index over a real database that others change."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.errors import DocumentError, MemoryStoreError
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval import LiveIndex, PassageIndex, live
from framework_plugin.retrieval.store import DocumentRepository
from tests.retrieval.test_index import entry

NOW = 1_800_000_000.0
FILES = [entry("postage", "运费多少", answer="8元"), entry("bill", "怎么开发票")]


def write(file: Path, *rows: tuple[str, str]) -> Path:
    lines = [f"{question},{answer}" for question, answer in rows]
    file.write_text("\n".join(["问题,答案", *lines, ""]), encoding="utf-8")
    return file


def texts(index: LiveIndex, query: str, **more: object) -> list[str]:
    hits = index.search(query, **more)  # type: ignore[arg-type]
    return [hit.passage.text for hit in hits if hit.score > 0.6]


def soon(check: Callable[[], bool], seconds: float = 5) -> float:
    """Seconds until something holds."""
    begun = time.perf_counter()
    while not check():
        assert time.perf_counter() - begun < seconds, "it did not come true"
        time.sleep(0.01)
    return time.perf_counter() - begun


@pytest.fixture
def index(repository: DocumentRepository, tmp_path: Path) -> LiveIndex:
    repository.add(
        write(tmp_path / "a.csv", ("怎么退货", "七天内"), ("几点开门", "九点")), at=NOW
    )
    return LiveIndex(PassageIndex(FILES), lambda: repository, lambda: NOW)


def test_files_and_documents_answer_from_the_first_request_on(index: LiveIndex) -> None:
    assert texts(index, "运费多少") == ["8元"]
    assert texts(index, "怎么退货呀") == ["七天内"]
    assert len(index) == 4
    assert index.passage("a.csv#1") is not None
    assert index.passage("postage") == FILES[0]


def test_what_is_added_changed_and_removed_counts_soon(
    index: LiveIndex, repository: DocumentRepository, tmp_path: Path
) -> None:
    repository.add(write(tmp_path / "b.csv", ("能养猫吗", "能")), at=NOW)
    soon(lambda: texts(index, "能养猫吗") == ["能"])

    write(tmp_path / "a.csv", ("怎么退货", "十四天内"), ("几点开门", "九点"))
    repository.add(tmp_path / "a.csv", at=NOW)
    soon(lambda: texts(index, "怎么退货") == ["十四天内"])

    repository.remove("b.csv")
    soon(lambda: texts(index, "能养猫吗") == [])
    assert texts(index, "几点开门") == ["九点"]


def test_a_request_after_a_pause_knows_what_came_meanwhile(
    index: LiveIndex, repository: DocumentRepository, tmp_path: Path
) -> None:
    repository.add(write(tmp_path / "b.csv", ("能养猫吗", "能")), at=NOW)
    time.sleep(live.LOOK_EVERY)

    # A look takes some milliseconds, which a request waits for.
    assert soon(lambda: texts(index, "能养猫吗") == ["能"]) < live.LOOK_EVERY


def test_what_does_not_hold_now_does_not_answer(
    index: LiveIndex, repository: DocumentRepository, tmp_path: Path
) -> None:
    file = write(tmp_path / "b.csv", ("有什么优惠", "满减"))
    repository.add(file, at=NOW, valid_until=NOW + 60, audience=("会员",))
    member = ["会员"]
    soon(lambda: texts(index, "有什么优惠", audience=member) == ["满减"])

    assert texts(index, "有什么优惠") == []
    assert texts(index, "有什么优惠", audience=member, at=NOW + 60) == []


def test_another_database_takes_the_place_of_the_documents(
    index: LiveIndex, repository: DocumentRepository, tmp_path: Path
) -> None:
    other = open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    restored = DocumentRepository(other, tmp_path)
    for _ in range(3):
        write(tmp_path / "a.csv", ("怎么退货", f"{_}天内"), ("几点开门", "九点"))
        repository.add(tmp_path / "a.csv", at=NOW)
    soon(lambda: texts(index, "怎么退货") == ["2天内"])
    restored.add(write(tmp_path / "c.csv", ("能养狗吗", "不能")), at=NOW)
    index._documents = restored

    soon(lambda: texts(index, "能养狗吗") == ["不能"])
    assert texts(index, "怎么退货") == []
    assert texts(index, "运费多少") == ["8元"]


class Failing:
    """Documents of a database that can be switched off."""

    def __init__(self, repository: DocumentRepository) -> None:
        self._repository = repository
        self.down = False

    def __getattr__(self, name: str) -> object:
        if self.down:
            raise DocumentError("Cannot read the documents: the server is gone.")
        return getattr(self._repository, name)


def test_what_was_read_last_answers_while_the_database_is_down(
    repository: DocumentRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(live, "RETRY_AFTER", 0.1)
    monkeypatch.setattr(live, "LOOK_EVERY", 0.05)
    repository.add(write(tmp_path / "a.csv", ("怎么退货", "七天内")), at=NOW)
    documents = Failing(repository)
    index = LiveIndex(PassageIndex(FILES), lambda: documents, lambda: NOW)
    documents.down = True
    soon(lambda: texts(index, "怎么退货") == ["七天内"] and index._failing)
    for _ in range(30):
        assert texts(index, "怎么退货") == ["七天内"]
        time.sleep(0.02)
    warnings = [r for r in caplog.records if r.levelno >= logging.WARNING]

    assert len(warnings) == 1
    assert "the server is gone" in warnings[0].getMessage()

    documents.down = False
    repository.add(write(tmp_path / "b.csv", ("能养猫吗", "能")), at=NOW)
    soon(lambda: texts(index, "能养猫吗") == ["能"])


def test_files_alone_answer_while_there_is_no_database_at_the_start(
    repository: DocumentRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RETRY_AFTER", 0.1)
    repository.add(write(tmp_path / "a.csv", ("怎么退货", "七天内")), at=NOW)
    failures = iter(range(3))

    def connect() -> DocumentRepository:
        if next(failures, None) is not None:
            raise MemoryStoreError("Cannot open the memory database.")
        return repository

    index = LiveIndex(PassageIndex(FILES), connect, lambda: NOW)

    assert texts(index, "运费多少") == ["8元"]
    assert texts(index, "怎么退货") == []
    soon(lambda: texts(index, "怎么退货") == ["七天内"])


def test_no_request_waits_for_a_database_that_does_not_answer(
    repository: DocumentRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FIRST_PATIENCE", 0.1)
    released = threading.Event()

    def connect() -> DocumentRepository:
        released.wait(20)
        return repository

    index = LiveIndex(PassageIndex(FILES), connect, lambda: NOW)
    slowest = 0.0
    for _ in range(100):
        begun = time.perf_counter()
        assert texts(index, "运费多少") == ["8元"]
        slowest = max(slowest, time.perf_counter() - begun)
    released.set()

    assert slowest < 1


def test_documents_alone_answer_and_nothing_at_all_is_an_error(
    repository: DocumentRepository, tmp_path: Path
) -> None:
    index = LiveIndex(PassageIndex([]), lambda: repository, lambda: NOW)
    with pytest.raises(DocumentError, match="documents add"):
        index.search("怎么退货")

    repository.add(write(tmp_path / "a.csv", ("怎么退货", "七天内")), at=NOW)

    def answers() -> bool:
        with contextlib.suppress(DocumentError):
            return texts(index, "怎么退货") == ["七天内"]
        return False

    soon(answers)


@pytest.fixture
def loaded(
    repository: DocumentRepository, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LiveIndex, list[str], list[int]]]:
    """An index with four threads that ask it without a pause, and what they met."""
    monkeypatch.setattr(live, "LOOK_EVERY", 0.05)
    index = LiveIndex(PassageIndex(FILES), lambda: repository, lambda: NOW)
    problems: list[str] = []
    answered = [0]
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                if texts(index, "运费多少") != ["8元"]:
                    problems.append("the files do not answer")
                for hit in index.search("第3号杯子多少钱"):
                    if hit.passage.document == "big.csv" and not hit.passage.text:
                        problems.append("half a passage")
                answered[0] += 2
            except Exception as error:
                problems.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    yield index, problems, answered
    done.set()
    for thread in threads:
        thread.join()


@pytest.mark.slow
def test_documents_are_indexed_anew_under_load_and_no_request_fails(
    loaded: tuple[LiveIndex, list[str], list[int]],
    repository: DocumentRepository,
    tmp_path: Path,
) -> None:
    index, problems, answered = loaded
    for price in itertools.count():
        rows = [(f"第{n}号杯子多少钱", f"{n + price}元") for n in range(500)]
        repository.add(write(tmp_path / "big.csv", *rows), at=NOW)
        repository.reindex(at=NOW)
        expected = f"{3 + price}元"
        soon(lambda e=expected: e in texts(index, "第3号杯子多少钱"), 60)  # type: ignore[misc]
        # However quick the machine is, so many are asked meanwhile.
        if problems or (price >= 2 and answered[0] >= 500):
            break
    soon(lambda: index.current().scattered == 0, 30)

    assert problems == []
    assert len(index) == 502


def test_what_changes_while_all_is_merged_is_not_lost(
    index: LiveIndex,
    repository: DocumentRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    merging, go_on = threading.Event(), threading.Event()
    merged = PassageIndex.merged

    def slowly(self: PassageIndex) -> PassageIndex:
        merging.set()
        go_on.wait(20)
        return merged(self)

    soon(lambda: index.current().scattered == 0)
    monkeypatch.setattr(PassageIndex, "merged", slowly)
    repository.add(write(tmp_path / "b.csv", ("能养猫吗", "能")), at=NOW)
    soon(lambda: texts(index, "能养猫吗") == ["能"])
    assert merging.wait(5)
    repository.add(write(tmp_path / "c.csv", ("能养狗吗", "不能")), at=NOW)
    repository.remove("a.csv")
    soon(lambda: texts(index, "能养狗吗") == ["不能"])
    go_on.set()
    soon(lambda: index._missed is None)

    assert texts(index, "能养狗吗") == ["不能"]
    assert texts(index, "能养猫吗") == ["能"]
    assert texts(index, "怎么退货") == []
    assert len(index) == 4


@pytest.mark.slow
@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_changes_are_taken_up_from_servers(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine: sa.engine.Engine = open_engine(request.getfixturevalue(server))
    migrate(engine)
    repository = DocumentRepository(engine, tmp_path)
    index = LiveIndex(PassageIndex(FILES), lambda: repository, lambda: NOW)
    repository.add(write(tmp_path / "b.csv", ("能养猫吗", "能")), at=NOW)
    soon(lambda: texts(index, "能养猫吗") == ["能"])
    repository.remove("b.csv")
    soon(lambda: texts(index, "能养猫吗") == [])


def test_a_question_that_stands_in_a_file_and_a_document_is_given_once(
    repository: DocumentRepository, tmp_path: Path
) -> None:
    repository.add(write(tmp_path / "a.csv", ("运费多少", "8元")), at=NOW)
    index = LiveIndex(PassageIndex(FILES), lambda: repository, lambda: NOW)

    (hit, *_) = index.search("运费多少")
    assert len(index) == 3
    assert hit.passage == FILES[0]
    assert texts(index, "运费多少") == ["8元"]
