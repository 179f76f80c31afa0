"""The journal: what is added is there again, whatever happens in between."""

import json
import multiprocessing
import os
from contextlib import suppress

import pytest

from framework_plugin.memory.journal import Journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "unsaved.jsonl"


TORN = b'{"sender_id": "b", "text": "'


def entry(text, user="b"):
    return {"sender_id": user, "text": text}


def texts(entries):
    return [entry["text"] for entry in entries]


def taken(journal):
    with journal.taken() as entries:
        return entries


def aside(path):
    return path.with_name(f"{path.name}.damaged")


def test_what_was_added_comes_back_in_order_after_a_restart(path):
    Journal(path).add([entry("一"), entry("二")])
    Journal(path).add([entry("三")])
    assert texts(taken(Journal(path))) == ["一", "二", "三"]
    assert not path.exists()
    assert taken(Journal(path)) == []


def test_what_could_not_be_done_is_kept(path):
    journal = Journal(path)
    journal.add([entry("一")])
    with pytest.raises(RuntimeError), journal.taken():
        raise RuntimeError
    assert taken(Journal(path)) == [entry("一")]


def test_a_torn_line_costs_only_itself_and_is_put_aside(path, caplog):
    journal = Journal(path)
    journal.add([entry("一")])
    with path.open("ab") as file:
        file.write(TORN)
    # Whoever comes next does not write on behind it.
    Journal(path).add([entry("二")])
    assert texts(journal.entries()) == ["一", "二"]
    with suppress(RuntimeError), journal.taken():
        raise RuntimeError
    assert not aside(path).exists()
    assert texts(taken(journal)) == ["一", "二"]
    assert "unsaved.jsonl.damaged" in caplog.text
    assert aside(path).read_bytes() == TORN + b"\n"


def test_what_cannot_be_written_is_held_and_said(path, caplog):
    path.mkdir(parents=True)  # A folder is where the file should be.
    journal = Journal(path)
    journal.add([entry("一")])
    assert "held in memory only" in caplog.text
    assert journal.waiting
    path.rmdir()
    journal.add([entry("二")])
    assert texts(taken(Journal(path))) == ["一", "二"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_loses_nothing(path, caplog):
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    journal = Journal(path)
    journal.add([entry("一")])
    assert "held in memory only" in caplog.text
    path.unlink()
    journal.add([entry("二")])
    assert texts(taken(journal)) == ["一", "二"]


def add_many(path, who):
    for number in range(50):
        Journal(path).add([{"sender_id": who, "number": number}])


def test_processes_take_turns(path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_many, args=(path, who)) for who in "ab"]
    for writer in writers:
        writer.start()
    found = []
    while any(writer.is_alive() for writer in writers):
        found += taken(Journal(path))
    found += taken(Journal(path))
    for who in "ab":
        of_one = [e["number"] for e in found if e["sender_id"] == who]
        assert of_one == list(range(50))


def test_nothing_of_a_removed_user_is_left_in_any_file(path):
    journal = Journal(path)
    journal.add([entry("一", "a"), entry("二", "b"), entry("三", "a")])
    journal.set_aside([entry("四", "a"), entry("五", "b")], "a test")
    with aside(path).open("ab") as file:
        file.write(TORN.replace(b'"b"', b'"a"'))
    journal.remove("a")
    assert texts(journal.entries()) == ["二"]
    assert texts(map(json.loads, aside(path).read_bytes().splitlines())) == ["五"]
    journal.remove("b")
    assert list(path.parent.iterdir()) == []


def test_only_its_owner_may_read_it(path):
    journal = Journal(path)
    journal.add([entry("一")])
    journal.set_aside([entry("二")], "a test")
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0
