"""The journal: what is added is there again, whatever happens in between."""

import json
import multiprocessing
import os

import pytest

from framework_plugin.memory.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "unsaved.jsonl"


def entries_of(journal):
    with journal.taken() as entries:
        return entries


def test_what_was_added_comes_back_in_order_after_a_restart(path):
    Journal(path).add([{"text": "一"}, {"text": "二"}])
    Journal(path).add([{"text": "三"}])
    assert [e["text"] for e in entries_of(Journal(path))] == ["一", "二", "三"]
    assert not path.exists()
    assert entries_of(Journal(path)) == []


def test_what_could_not_be_done_is_kept(path):
    journal = Journal(path)
    journal.add([{"text": "一"}])
    with pytest.raises(RuntimeError), journal.taken():
        raise RuntimeError
    assert entries_of(Journal(path)) == [{"text": "一"}]


def test_a_torn_line_costs_only_itself_and_is_put_aside(path, caplog):
    journal = Journal(path)
    journal.add([{"text": "一"}])
    with path.open("ab") as file:
        file.write(b'{"text": "')
    assert entries_of(journal) == [{"text": "一"}]
    assert "unsaved.jsonl.damaged" in caplog.text
    aside = path.with_name("unsaved.jsonl.damaged")
    assert aside.read_bytes() == b'{"text": "'


def test_what_cannot_be_written_is_held_and_said(path, caplog):
    path.mkdir(parents=True)  # A folder is where the file should be.
    journal = Journal(path)
    journal.add([{"text": "一"}])
    assert "held in memory only" in caplog.text
    assert journal.waiting
    path.rmdir()
    journal.add([{"text": "二"}])
    assert [e["text"] for e in entries_of(Journal(path))] == ["一", "二"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_loses_nothing(path, caplog):
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    journal = Journal(path)
    journal.add([{"text": "一"}])
    assert "held in memory only" in caplog.text
    path.unlink()
    journal.add([{"text": "二"}])
    assert [e["text"] for e in entries_of(journal)] == ["一", "二"]


def add_many(path, who):
    for number in range(50):
        Journal(path).add([{"who": who, "number": number}])


def test_processes_take_turns(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_many, args=(path, who)) for who in "ab"]
    for writer in writers:
        writer.start()
    taken = []
    while any(writer.is_alive() for writer in writers):
        taken += entries_of(Journal(path))
    taken += entries_of(Journal(path))
    for who in "ab":
        assert [e["number"] for e in taken if e["who"] == who] == list(range(50))


def test_entries_of_one_user_can_be_removed(path):
    journal = Journal(path)
    journal.add([{"who": "a", "n": 1}, {"who": "b", "n": 2}, {"who": "a", "n": 3}])
    assert journal.remove(lambda entry: entry["who"] == "a") == 2
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [2]
