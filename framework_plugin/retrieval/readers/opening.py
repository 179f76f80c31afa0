"""Any document, read by the reader of its kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from framework_plugin.errors import DocumentError
from framework_plugin.retrieval.readers.docx_file import read_docx
from framework_plugin.retrieval.readers.html_file import read_html
from framework_plugin.retrieval.readers.json_lines import read_json_lines
from framework_plugin.retrieval.readers.markdown_file import read_markdown
from framework_plugin.retrieval.readers.pdf_file import read_pdf
from framework_plugin.retrieval.readers.piece import Reading
from framework_plugin.retrieval.readers.separated import read_separated
from framework_plugin.retrieval.readers.workbook import read_workbook
from framework_plugin.retrieval.readers.yaml_file import read_yaml

KINDS: dict[str, Callable[[Path], Reading]] = {
    ".csv": read_separated,
    ".tsv": read_separated,
    ".jsonl": read_json_lines,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
    ".yml": read_yaml,
    ".yaml": read_yaml,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}
"""The readers by the endings of files."""

READER_VERSION = "1"
"""Changes when readers find something else in the same file."""


def read_document(file: Path) -> Reading:
    """Reads a document of any kind.

    Raises:
        DocumentError: If it is of no known kind, or nothing in it can be used.
    """
    reader = KINDS.get(file.suffix.lower())
    if reader is None:
        raise DocumentError(
            f"{file.name}: files '{file.suffix or 'without ending'}' cannot be read; "
            f"expected one of {', '.join(KINDS)}. Save it as one of these."
        )
    try:
        reading = reader(file)
    except DocumentError:
        raise
    except OSError as error:
        raise DocumentError(
            f"{file.name}: cannot be read: {error.strerror or error}. Check that it is "
            "there and that you may read it."
        ) from error
    except Exception as error:
        # Broken files make the libraries that parse them raise anything; a folder
        # of documents shall not fail for one of them.
        raise DocumentError(
            f"{file.name}: damaged, or no {file.suffix} file ({type(error).__name__}: "
            f"{error}). Open it in its own program, save it anew, and add it again."
        ) from error
    if not reading.pieces:
        reason = reading.problems[0] if reading.problems else "it is empty"
        raise DocumentError(f"{file.name}: holds nothing to answer with; {reason}")
    return reading


def document_files(folder: Path) -> tuple[list[Path], dict[str, int]]:
    """The documents of a folder and its subfolders, in the order of their names.

    Hidden files and what Office keeps beside an open file (`~$…`) are passed over.

    Returns:
        The files, and for each ending that cannot be read how many files have it.
    """
    files: list[Path] = []
    others: dict[str, int] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if any(name.startswith((".", "~$")) for name in inside) or not path.is_file():
            continue
        ending = path.suffix.lower()
        if ending in KINDS:
            files.append(path)
        else:
            others[ending] = others.get(ending, 0) + 1
    return files, others
