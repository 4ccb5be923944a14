"""The stored table of methods is what the code says."""

from benchmarks import method_table
from benchmarks.process import ROOT
from dartsx.catalog import METHODS


def test_the_stored_table_is_up_to_date():
    stored = method_table.TABLE.read_text()
    assert stored == method_table.text(), "python -m benchmarks.method_table > benchmarks/results/method-table.md"
    assert all(f"| `{name}` |" in stored for name in METHODS)
    for name in METHODS:
        assert (ROOT / method_table.row_of(name)[4].strip("`")).is_file()


def test_lines_are_counted_without_docstrings_comments_and_blanks(tmp_path):
    source = tmp_path / "source.py"
    source.write_text('"""Two\nlines."""\n\n# A comment.\ndef f():\n    """One."""\n    return "text"\n')
    assert method_table.lines_of_code(source) == 2
