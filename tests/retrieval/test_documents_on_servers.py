"""The documents on each kind of database, and with several processes at once."""

import multiprocessing
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval.document import Status
from framework_plugin.retrieval.store import DocumentRepository
from tests.memory.conftest import emptied
from tests.retrieval.making import write

NOW = 1_789_000_000.125


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rasa.db'}"
        return
    fixture = "postgres_url" if request.param == "postgresql" else "mariadb_url"
    server = request.getfixturevalue(fixture)
    emptied(server).dispose()
    yield server
    emptied(server).dispose()


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.slow
def test_documents_are_added_changed_and_removed(engine, tmp_path: Path) -> None:
    repository = DocumentRepository(engine, tmp_path)
    long = "𠮷😀" * 20_000
    write(
        tmp_path / "a.csv",
        f"编号,问题,答案,失效\nA,大写,{long},2025-11-11\na,小写,乙,\n",
    )
    (outcome,) = repository.add(tmp_path / "a.csv", at=NOW).outcomes
    assert outcome.status is Status.ADDED
    upper, lower = repository.passages()
    assert (upper.id, lower.id) == ("a.csv#A", "a.csv#a")
    assert upper.text == long
    assert upper.valid_until == 1_762_876_800.0
    (document,) = repository.documents()
    assert (document.added_at, document.passages) == (NOW, 2)
    before = repository.revision()
    write(tmp_path / "a.csv", "编号,问题,答案\na,小写,丙\nb,新,丁\n")
    repository.add(tmp_path / "a.csv", at=NOW)
    changes = repository.changes_since(before)
    assert [one.id for one in changes.added] == ["a.csv#b"]
    assert [one.text for one in changes.changed] == ["丙"]
    assert changes.removed == ("a.csv#A",)
    assert repository.remove("a.csv") == 2
    assert list(repository.passages()) == []


@pytest.mark.slow
def test_many_passages_come_as_a_stream(engine, tmp_path: Path) -> None:
    repository = DocumentRepository(engine, tmp_path)
    rows = "\n".join(f"{n},问题{n},答案{n}" for n in range(3_000))
    write(tmp_path / "a.csv", f"编号,问题,答案\n{rows}\n")
    repository.add(tmp_path / "a.csv", at=NOW)
    stream = repository.passages()
    assert next(stream).id == "a.csv#0"
    # A reader in the middle hinders nobody.
    assert repository.remove("a.csv") == 3_000
    stream.close()


def _add(url: str, root: str, name: str, times: int) -> None:
    engine = open_engine(url)
    migrate(engine)
    repository = DocumentRepository(engine, Path(root))
    for number in range(times):
        file = Path(root, name)
        file.write_text(f"编号,问题,答案\nx,问,{number}\ny{number},问,答\n", "utf-8")
        repository.add(file, at=NOW)
        if number % 3 == 2:
            repository.remove(name)
    engine.dispose()


@pytest.mark.slow
def test_processes_that_write_at_once_lose_no_change(
    url: str, engine: sa.engine.Engine, tmp_path: Path
) -> None:
    times = 7
    spawning = multiprocessing.get_context("spawn")
    writers = [
        spawning.Process(target=_add, args=(url, str(tmp_path), f"{name}.csv", times))
        for name in ("a", "b")
    ]
    for writer in writers:
        writer.start()
    repository = DocumentRepository(engine, tmp_path)
    index, seen = {}, 0
    while True:
        running = any(writer.is_alive() for writer in writers)
        changes = repository.changes_since(seen)
        seen = changes.revision
        index.update({one.id: one for one in (*changes.added, *changes.changed)})
        for id_ in changes.removed:
            index.pop(id_, None)
        if not running:
            break
        time.sleep(0.02)
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert index == {one.id: one for one in repository.passages()}
    assert sorted(one.id for one in repository.documents()) == [
        "a.csv",
        "b.csv",
    ]
    assert index["a.csv#x"].text == str(times - 1)
    # Each counts how often it was added, and how often removed.
    assert repository.revision() == 2 * (times + times // 3)
