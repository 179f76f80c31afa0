"""Readers of public dialogue corpora; `open_records` picks the one for a file."""

from framework_plugin.corpus.formats.cped import read_cped
from framework_plugin.corpus.formats.crosswoz import read_crosswoz
from framework_plugin.corpus.formats.dailydialog import read_dailydialog
from framework_plugin.corpus.formats.detect import FORMATS, find_format, open_records
from framework_plugin.corpus.formats.kdconv import read_kdconv
from framework_plugin.corpus.formats.lccc import read_lccc
from framework_plugin.corpus.formats.pairs import read_pairs, read_parallel
from framework_plugin.corpus.formats.personachat import read_personachat
from framework_plugin.corpus.formats.record import DialogueRecord, Skipped
from framework_plugin.corpus.formats.scripts import scripts_of

__all__ = [
    "FORMATS",
    "DialogueRecord",
    "Skipped",
    "find_format",
    "open_records",
    "read_cped",
    "read_crosswoz",
    "read_dailydialog",
    "read_kdconv",
    "read_lccc",
    "read_pairs",
    "read_parallel",
    "read_personachat",
    "scripts_of",
]
