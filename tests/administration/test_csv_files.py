"""Reading what people send. No database."""

import pytest

from apps.administration.policy.csv_files import MOST_BYTES, MOST_LINES, Column, read_table
from apps.common.csv import csv_lines, harmless, restored
from apps.common.errors import Invalid

COLUMNS = (Column("name", "", required=True), Column("mail", "", required=True), Column("title", ""))


def read(text: str, **more):
    return read_table(text.encode(), COLUMNS, **more)


def refusal(content: bytes | str) -> str:
    with pytest.raises(Invalid) as refused:
        read_table(content if isinstance(content, bytes) else content.encode(), COLUMNS)
    return str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "name,mail,title\nJane,jane@example.com,Lead\n",
        "\ufeffname,mail,title\r\nJane,jane@example.com,Lead\r\n",
        "name;mail;title\nJane;jane@example.com;Lead",
        'Name , MAIL,title\n"Jane","jane@example.com",Lead',
        "title,mail,name\nLead,jane@example.com,Jane\n",
    ],
)
def test_reads_what_spreadsheets_save(text):
    (line,) = read(text)

    assert line.cells == {"name": "Jane", "mail": "jane@example.com", "title": "Lead"}
    assert (line.number, line.fault) == (2, "")


def test_counts_lines_as_editors_do():
    lines = read('name,mail,title\n"Jane\nRoe",j@example.com\n\n,,\nTom,t@example.com')

    assert [(line.number, line.cells["name"]) for line in lines] == [(2, "Jane\nRoe"), (6, "Tom")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Missing column: name, mail."),
        ("name,title\nJane,Lead", "Missing column: mail."),
        ("name,mail,age,\nJane,j@example.com", "Unknown column: age, (without a name)."),
        ("name,mail,name\nJane,j@example.com,J", "Column more than once: name."),
        ("name,mail\n", "nothing below it"),
        ('name,mail\nJane,j@example.com\n"Tom,t@example.com', "Line 3 cannot be read"),
        ('name,mail\n"Tom"x,t@example.com', "Line 2 cannot be read"),
        ("name,mail\nJane,j@exa\0mple.com", "This is no text"),
        (b"name,mail\nJane,j@example.com\nJos\xe9,jose@example.com", "Line 3 is not UTF-8"),
        ("name,mail\nJane,j@example.com".encode("utf-16"), "Line 1 is not UTF-8"),
        (b"x" * (MOST_BYTES + 1), "larger than 5 MB"),
        (b"name,mail\n" + b"J,j@example.com\n" * (MOST_LINES + 1), "more than 20,000 lines"),
    ],
)
def test_refuses_what_is_no_such_table(text, says):
    assert says in refusal(text)


def test_takes_as_many_lines_as_it_says():
    content = b"name,mail\n" + b"J,j@example.com\n" * MOST_LINES

    assert len(read_table(content, COLUMNS)) == MOST_LINES


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Jane", "Nothing stands in mail."),
        (",,Lead", "Nothing stands in name or mail."),
        ("Jane,j@example.com,Lead,x", "4 cells, but 3 columns."),
        ("Jane,j@example.com,Lead,,", ""),
        (f"Jane,j@example.com,{'x' * 501}", "More than 500 characters in title."),
    ],
)
def test_says_what_is_wrong_with_one_line_and_reads_the_others(line, fault):
    faulty, right = read(f"name,mail,title\n{line}\nTom,t@example.com,\n")

    assert (faulty.fault, right.fault) == (fault, "")


def test_takes_one_line_about_one_thing():
    lines = read("name,mail\nJane,j@example.com\nTom,t@example.com\nJ,J@example.com", key=("mail",))

    assert [line.fault for line in lines] == ["", "", "Line 2 is about the same."]


@pytest.mark.parametrize(
    "cell", ["=1+1", "-5", "@name", "plain", "a;=b", "\tx", "'quoted'", "'", "", "two\n-lines"]
)
def test_reads_back_what_was_made_harmless(cell):
    assert restored(harmless(cell)) == cell


def test_reads_what_the_portal_wrote():
    rows = [("=Jane, the “first”", "j@example.com", "-"), ('Tom "T"', "t@example.com", "Lead; =now")]
    text = "".join(csv_lines(("name", "mail", "title"), rows))

    assert [tuple(line.cells.values()) for line in read(text)] == rows
