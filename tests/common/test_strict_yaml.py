import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apps.common import strict_yaml
from apps.common.strict_yaml import (
    MOST_BYTES,
    MOST_FAULTS,
    Fault,
    Listing,
    Mapping,
    Text,
    read_yaml,
)


def faults(text):
    return [(fault.line, fault.text) for fault in read_yaml(text.encode()).faults]


def test_reads_a_tree_that_knows_its_lines():
    document = read_yaml(b"roles:\n  - name: No\n    hours: '8'\n")

    name, hours = (Text(2, "name"), Text(2, "No")), (Text(3, "hours"), Text(3, "8", is_quoted=True))
    listing = Listing(2, (Mapping(2, (name, hours)),))
    assert document.root == Mapping(1, ((Text(1, "roles"), listing),))
    assert document.faults == ()


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null"])
def test_tells_nothing_from_a_text(text):
    assert read_yaml(text.encode()).root.entries[0][1].is_nothing


def test_takes_a_quoted_word_for_a_text():
    assert not read_yaml(b"a: 'null'").root.entries[0][1].is_nothing


def test_names_every_fault_at_once():
    text = "a: &one 1\nb: *one\nc: !!python/object:os.system x\na: 2\n? [d]\n: 3\n"

    assert faults(text) == [
        (1, "Anchors (&one) are not allowed."),
        (2, "Aliases (*one) are not allowed. Write the value out."),
        (3, "Tags (tag:yaml.org,2002:python/object:os.system) are not allowed."),
        (4, "“a” stands on line 1 already."),
        (5, "A key is a single word."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\n", 3, "no YAML"),
        ("a: 1\n\tb: 2\n", 2, "no YAML"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("%YAML 1.1\n---\na: 1\n", 1, "Directives"),
        ("a: 1\nb: \x00\n", 2, "character"),
        ('a: 1\nb: "\\0"\n', 2, "character"),
        ("a:\n  " + "[" * 5000, 2, "too deeply"),
        ("a: 1\n" + "b: 2\n" * 400_001, 1, "larger than 2 MB"),
    ],
)
def test_refuses_with_the_line(text, line, words):
    (found_line, sentence), *_ = faults(text)

    assert found_line == line
    assert words in sentence


def test_refuses_other_encodings_with_the_line():
    document = read_yaml("a: 1\nb: ä\n".encode("latin-1"))

    assert document.faults == (Fault(2, "This is not UTF-8. Save the file with that encoding."),)


def test_takes_a_byte_order_mark_and_windows_line_ends():
    document = read_yaml("\ufeffa: 1\r\nb: 2\r\n".encode())

    assert [(key.text, value.line) for key, value in document.root.entries] == [("a", 1), ("b", 2)]


def test_has_no_root_where_nothing_stands():
    assert read_yaml(b"# a comment\n").root is None
    assert read_yaml(b"").root is None


FEW_VALUES = 1_000


@pytest.fixture
def events_read(monkeypatch):
    """How many events of the parser were looked at, so far."""
    count, parse = [0], yaml.parse

    def counted(*args, **kwargs):
        for event in parse(*args, **kwargs):
            count[0] += 1
            yield event

    monkeypatch.setattr(yaml, "parse", counted)
    return count


@pytest.mark.parametrize(
    ("one", "most_events"),
    [
        pytest.param(b"a: 1\n", 3 * MOST_FAULTS, id="a key over and over"),
        pytest.param(b"- []\n", 3 * FEW_VALUES, id="nothing wrong, but no end"),
    ],
)
def test_reads_no_further_than_helps(one, most_events, events_read, monkeypatch):
    monkeypatch.setattr(strict_yaml, "MOST_VALUES", FEW_VALUES)

    document = read_yaml(one * (MOST_BYTES // len(one)))

    assert events_read[0] < most_events
    assert 0 < len(document.faults) <= MOST_FAULTS


@given(st.one_of(st.binary(max_size=200), st.text("ab:-&*!{}[]\n \t'\"|>%#?,\x85\u2028", max_size=60)))
def test_never_breaks(data):
    document = read_yaml(data if isinstance(data, bytes) else data.encode())

    assert all(fault.line >= 1 for fault in document.faults)
