import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.memory.database import open_engine
from framework_plugin.memory.migrations import migrate
from framework_plugin.retrieval.document import Outcome, Status, document_id
from framework_plugin.retrieval.passages import Passage
from framework_plugin.retrieval.store import DocumentRepository
from framework_plugin.retrieval.tables import LONGEST_DOCUMENT_ID
from tests.retrieval.making import write

NOW = 1_789_000_000.125
FAQ = "编号,问题,答案\n{rows}"


def faq(file: Path, **answers: str) -> Path:
    rows = "\n".join(f"{key},{key}？,{text}" for key, text in answers.items())
    return write(file, FAQ.format(rows=rows))


def texts(repository: DocumentRepository) -> dict[str, str]:
    return {passage.id: passage.text for passage in repository.passages()}


def test_a_passage_comes_back_as_it_was_read(repository, tmp_path) -> None:
    head = "问题,相似问,答案,关键词,标题,链接,生效,失效,人群,分类,编号"
    row = "运费？,邮费？|快递费？,😀满99元,运费,发货,https://a.cn,2025-11-01,2025-11-11,会员,物流,y"
    write(tmp_path / "docs" / "faq.csv", f"{head}\n{row}\n")
    repository.add(tmp_path / "docs" / "faq.csv", at=NOW)
    (passage,) = repository.passages()
    assert passage == Passage(
        id="docs/faq.csv#y",
        document="docs/faq.csv",
        title="发货",
        section="物流",
        text="😀满99元",
        questions=("运费？", "邮费？", "快递费？"),
        keywords=("运费",),
        url="https://a.cn",
        valid_from=1_761_926_400.0,
        valid_until=1_762_876_800.0,
        audience=("会员",),
    )


def test_a_folder_is_added_and_unchanged_files_are_passed_over(
    repository, tmp_path
) -> None:
    faq(tmp_path / "docs" / "a.csv", x="甲")
    write(tmp_path / "docs" / "b.md", "# 乙\n\n文字。")
    write(tmp_path / "docs" / "c.png", "")
    seen = []
    added = repository.add(
        tmp_path / "docs", at=NOW, on_file=lambda one, total: seen.append((one, total))
    )
    assert [(one.document, one.status) for one in added.outcomes] == [
        ("docs/a.csv", Status.ADDED),
        ("docs/b.md", Status.ADDED),
    ]
    assert added.others == {".png": 1}
    assert seen == [(one, 2) for one in added.outcomes]
    revision = repository.revision()
    again = repository.add(tmp_path / "docs", at=NOW + 1)
    assert {one.status for one in again.outcomes} == {Status.UNCHANGED}
    assert [one.passages for one in again.outcomes] == [1, 1]
    assert repository.revision() == revision
    assert {document.added_at for document in repository.documents()} == {NOW}


def test_a_changed_file_changes_only_what_changed(repository, tmp_path) -> None:
    file = faq(tmp_path / "a.csv", x="甲", y="乙", z="丙")
    repository.add(file, at=NOW)
    before = repository.revision()
    faq(file, w="新", y="乙二", z="丙")
    (outcome,) = repository.add(file, at=NOW + 1).outcomes
    assert outcome == Outcome("a.csv", Status.CHANGED, 3)
    changes = repository.changes_since(before)
    assert [passage.id for passage in changes.added] == ["a.csv#w"]
    assert [(p.id, p.text) for p in changes.changed] == [("a.csv#y", "乙二")]
    assert changes.removed == ("a.csv#x",)
    assert not changes.whole
    assert list(texts(repository)) == ["a.csv#w", "a.csv#y", "a.csv#z"]
    assert repository.changes_since(changes.revision).added == ()
    (document,) = repository.documents()
    assert (document.added_at, document.passages) == (NOW + 1, 3)


def test_an_index_that_takes_up_changes_is_always_as_if_built_anew(
    repository, tmp_path
) -> None:
    versions = [
        {"a.csv": {"x": "1", "y": "2"}, "b.csv": {"x": "3"}},
        {"a.csv": {"x": "1", "y": "9"}},
        {"a.csv": {"y": "9"}, "c.csv": {"k": "5"}},
        {"b.csv": {"x": "3", "z": "8"}, "a.csv": {"x": "1"}},
    ]
    # One index looks after every step, one never before the end.
    index: dict[str, Passage] = {}
    late: dict[str, Passage] = {}
    seen = 0
    for version in versions:
        for known in repository.documents():
            if known.id not in version:
                repository.remove(known.id)
        for name, answers in version.items():
            repository.add(faq(tmp_path / name, **answers), at=NOW)
        changes = repository.changes_since(seen)
        seen = changes.revision
        index.update({one.id: one for one in (*changes.added, *changes.changed)})
        for id_ in changes.removed:
            index.pop(id_, None)
        assert index == {one.id: one for one in repository.passages()}
    changes = repository.changes_since(0)
    late.update({one.id: one for one in (*changes.added, *changes.changed)})
    assert late == index
    assert not set(changes.removed) & set(late)


def test_a_database_that_was_replaced_is_told(repository, tmp_path) -> None:
    repository.add(faq(tmp_path / "a.csv", x="甲"), at=NOW)
    changes = repository.changes_since(1_000)
    assert changes.whole
    assert [passage.id for passage in changes.added] == ["a.csv#x"]
    assert changes.revision == repository.revision()


def test_a_broken_file_of_a_folder_is_named_and_what_it_said_before_stays(
    repository, tmp_path
) -> None:
    faq(tmp_path / "docs" / "a.csv", x="甲")
    faq(tmp_path / "docs" / "b.csv", x="乙")
    repository.add(tmp_path / "docs", at=NOW)
    write(tmp_path / "docs" / "a.csv", "nothing\n")
    faq(tmp_path / "docs" / "b.csv", x="乙二")
    first, second = repository.add(tmp_path / "docs", at=NOW).outcomes
    assert first.status is Status.SKIPPED
    assert "a.csv: no table of questions" in first.problems[0]
    assert "1 passages read earlier stay" in first.problems[0]
    assert second.status is Status.CHANGED
    assert texts(repository) == {"docs/a.csv#x": "甲", "docs/b.csv#x": "乙二"}


def test_what_is_said_of_a_file_holds_where_it_says_nothing_itself(
    repository, tmp_path
) -> None:
    file = write(
        tmp_path / "a.csv",
        "问题,答案,失效,人群\n普通,答,,\n自己,答,2025-11-11,VIP\n",
    )
    repository.add(
        file, at=NOW, valid_until=5e8, audience=("会员",), url="https://a.cn"
    )
    usual, own = repository.passages()
    assert (usual.valid_until, usual.audience) == (5e8, ("会员",))
    assert own.audience == ("VIP",)
    assert own.valid_until == 1_762_876_800.0
    assert usual.url == own.url == "https://a.cn"
    # Unsaid the next time, it stays; said anew, it changes without a changed file.
    assert repository.add(file, at=NOW).outcomes[0].status is Status.UNCHANGED
    outcome = repository.add(file, at=NOW, valid_until=6e8).outcomes[0]
    assert outcome.status is Status.CHANGED
    usual, own = repository.passages()
    assert (usual.valid_until, usual.audience) == (6e8, ("会员",))
    (document,) = repository.documents()
    assert (document.holds_from, document.holds_until) == (None, 1_762_876_800.0)


def test_passages_that_never_hold_are_named(repository, tmp_path) -> None:
    file = write(tmp_path / "a.csv", "问题,答案,生效\n问,答,2025-11-01\n")
    (outcome,) = repository.add(file, at=NOW, valid_until=5e8).outcomes
    assert "1 passages never hold" in outcome.problems[0]


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"valid_from": 2.0, "valid_until": 1.0}, "before it begins"),
        ({"url": "file:///etc/passwd"}, "no address of the web"),
    ],
)
def test_impossible_terms_are_refused(repository, tmp_path, terms, reason) -> None:
    with pytest.raises(DocumentError, match=reason):
        repository.add(faq(tmp_path / "a.csv", x="甲"), at=NOW, **terms)
    assert repository.documents() == ()


def test_a_path_that_is_not_there_is_named(repository, tmp_path) -> None:
    with pytest.raises(DocumentError, match="There is no"):
        repository.add(tmp_path / "none", at=NOW)


def test_removing_leaves_no_text_in_the_file(repository, engine, tmp_path) -> None:
    repository.add(faq(tmp_path / "a.csv", x="独一无二的答案"), at=NOW)
    assert repository.remove("a.csv") == 1
    assert texts(repository) == {}
    with pytest.raises(DocumentError, match=r"no document 'a\.csv'"):
        repository.remove("a.csv")
    engine.dispose()
    raw = sqlite3.connect(tmp_path / "rasa.db")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    assert "独一无二".encode() not in (tmp_path / "rasa.db").read_bytes()


def test_an_unknown_id_is_answered_with_the_near_ones(repository, tmp_path) -> None:
    repository.add(faq(tmp_path / "shipping.csv", x="甲"), at=NOW)
    with pytest.raises(DocumentError, match=r"Did you mean 'shipping\.csv'"):
        repository.remove("shiping.csv")


def test_a_removed_document_comes_back_with_the_same_ids(repository, tmp_path) -> None:
    file = write(tmp_path / "a.md", "# 甲\n\n一。\n\n## 乙\n\n二。")
    repository.add(file, at=NOW)
    before = texts(repository)
    repository.remove("a.md")
    repository.add(file, at=NOW)
    assert texts(repository) == before
    assert repository.changes_since(0).removed == ()


def test_files_that_are_gone_are_told_but_stay(repository, tmp_path) -> None:
    folder = tmp_path / "docs"
    faq(folder / "a.csv", x="甲")
    faq(folder / "b.csv", x="乙")
    faq(tmp_path / "elsewhere.csv", x="丙")
    repository.add(folder, at=NOW)
    repository.add(tmp_path / "elsewhere.csv", at=NOW)
    for name in ("docs/a.csv", "elsewhere.csv"):
        (tmp_path / name).unlink()
    assert repository.add(folder, at=NOW).missing == ("docs/a.csv",)
    assert repository.reindex(at=NOW).missing == ("docs/a.csv", "elsewhere.csv")
    assert len(texts(repository)) == 3


def test_reindex_reads_everything_and_writes_only_what_differs(
    repository, tmp_path
) -> None:
    faq(tmp_path / "a.csv", x="甲")
    faq(tmp_path / "b.csv", x="乙")
    for name in ("a.csv", "b.csv"):
        repository.add(tmp_path / name, at=NOW, audience=("会员",))
    faq(tmp_path / "b.csv", x="乙二")
    revision = repository.revision()
    outcomes = repository.reindex(at=NOW).outcomes
    assert [one.status for one in outcomes] == [Status.UNCHANGED, Status.CHANGED]
    changes = repository.changes_since(revision)
    assert [passage.id for passage in changes.changed] == ["b.csv#x"]
    assert {passage.audience for passage in repository.passages()} == {("会员",)}


def test_what_was_added_before_an_interruption_stays(repository, tmp_path) -> None:
    for name in "abc":
        faq(tmp_path / "docs" / f"{name}.csv", x=name)

    def stop(outcome: Outcome, total: int) -> None:
        if outcome.document == "docs/b.csv":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repository.add(tmp_path / "docs", at=NOW, on_file=stop)
    assert list(texts(repository)) == ["docs/a.csv#x", "docs/b.csv#x"]
    statuses = [
        one.status for one in repository.add(tmp_path / "docs", at=NOW).outcomes
    ]
    assert statuses == [Status.UNCHANGED, Status.UNCHANGED, Status.ADDED]


def test_ids_are_those_of_the_project_wherever_it_stands(
    repository, engine, tmp_path, monkeypatch
) -> None:
    faq(tmp_path / "docs" / "a.csv", x="甲")
    monkeypatch.chdir(tmp_path / "docs")
    repository.add(Path("a.csv"), at=NOW)
    moved = shutil.move(tmp_path / "docs", tmp_path / "elsewhere" / "docs")
    other = DocumentRepository(engine, Path(moved).parent)
    assert other.add(Path(moved), at=NOW).outcomes == (
        Outcome("docs/a.csv", Status.UNCHANGED, 1),
    )


def test_a_file_outside_of_the_project_has_its_whole_path(engine, tmp_path) -> None:
    migrate(engine)
    (tmp_path / "project").mkdir()
    file = faq(tmp_path / "a.csv", x="甲")
    (outcome,) = (
        DocumentRepository(engine, tmp_path / "project").add(file, at=NOW).outcomes
    )
    assert outcome.document == file.resolve().as_posix()


def test_a_name_that_no_database_takes_is_told(repository, tmp_path) -> None:
    folder = tmp_path / "docs"
    faq(folder / "a.csv", x="甲")
    os.rename(folder / "a.csv", os.fsencode(folder) + b"/\xb2\xe8.csv")
    (outcome,) = repository.add(folder, at=NOW).outcomes
    assert outcome.status is Status.SKIPPED
    assert "rename the file" in outcome.problems[0]


def test_long_paths_have_ids_of_their_own_that_fit() -> None:
    first, second = (f"{start}/{'长' * 300}.csv" for start in "ab")
    assert len(document_id(first)) == LONGEST_DOCUMENT_ID
    assert document_id(first) != document_id(second)
    assert document_id(first).endswith("长.csv")


def test_without_tables_the_message_says_how_to_make_them(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(DocumentError, match="memory migrate"):
        DocumentRepository(engine).documents()


def test_tables_are_made_once(engine, repository, tmp_path) -> None:
    repository.add(faq(tmp_path / "a.csv", x="甲"), at=NOW)
    migrate(engine)
    assert repository.revision() == 1
    assert len(texts(repository)) == 1
