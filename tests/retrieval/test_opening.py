"""Whatever is wrong with a file, it is one error of ours that names it."""

import sys
from pathlib import Path

import pytest

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.readers import KINDS, document_files, read_document
from tests.retrieval.making import write, write_workbook

NOISE = bytes(range(256)) * 40


@pytest.mark.parametrize("ending", sorted(KINDS))
@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", NOISE, b"PK\x03\x04" + NOISE],
    ids=["empty", "blank", "noise", "packed noise"],
)
def test_a_broken_file_of_each_kind_is_named(
    ending: str, content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / f"broken{ending}"
    file.write_bytes(content)
    with pytest.raises(DocumentError, match=f"broken{ending}"):
        read_document(file)


@pytest.mark.parametrize("ending", sorted(KINDS))
def test_a_file_that_cannot_be_opened_is_named(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(DocumentError, match=f"folder{ending}"):
        read_document(tmp_path / f"folder{ending}")


def test_a_workbook_that_is_cut_off_is_named(tmp_path: Path) -> None:
    file = write_workbook(tmp_path / "cut.xlsx", a=[["问题", "答案"], ["问", "答"]])
    whole = file.read_bytes()
    for size in range(1, len(whole), 700):
        file.write_bytes(whole[:size])
        with pytest.raises(DocumentError, match=r"cut\.xlsx"):
            read_document(file)


def test_another_kind_of_file_is_told_which_kinds_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        DocumentError, match=r"old\.doc: files '\.doc' cannot be read.*"
    ):
        read_document(write(tmp_path / "old.doc", "x"))


@pytest.mark.parametrize(
    ("ending", "library"),
    [
        (".xlsx", "openpyxl"),
        (".docx", "docx"),
        (".pdf", "pypdf"),
        (".html", "lxml.html"),
    ],
)
def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    ending: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        DocumentError, match=rf"a{ending}: .*personal-chat\[documents\]"
    ):
        read_document(write(tmp_path / f"a{ending}", "<p>x</p>"))


def test_a_folder_gives_its_documents_and_counts_the_rest(tmp_path: Path) -> None:
    for name in (
        "b.md",
        "a/c.CSV",
        "~$b.docx",
        ".git/d.md",
        "e.png",
        "f.png",
        "LICENSE",
    ):
        write(tmp_path / name, "x")
    files, others = document_files(tmp_path)
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [
        "a/c.CSV",
        "b.md",
    ]
    assert others == {".png": 2, "": 1}
