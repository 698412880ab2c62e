import pytest

from apps.common.text import any_of, counted, is_address, is_blank, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("Deploy the release", "Deploy the release", id="plain text stays"),
        pytest.param("  Deploy \t the   release ", "Deploy the release", id="runs of spaces"),
        pytest.param(
            "Deploy\r\nBcc: everybody@example.com", "Deploy Bcc: everybody@example.com", id="a header"
        ),
        pytest.param("one\u2028two\u2029three\x85four", "one two three four", id="Unicode's line breaks"),
        pytest.param("null\x00byte\x1b[31m", "null byte [31m", id="control characters"),
        pytest.param("\u202egnp.exe\u202c \u2066x\u2069 \u200ey", "gnp.exe x y", id="direction overrides"),
        pytest.param("\ufeffGlo\u200bbal\u2060 Ad\u00admin", "Global Admin", id="what nobody sees"),
        pytest.param("Ju\u0308r\u200b\u0308gen", "Jür\u0308gen", id="one way to write a letter"),
        pytest.param("🔑 für Jörg 山田", "🔑 für Jörg 山田", id="other scripts stay"),
        pytest.param("👩\u200d💻", "👩\u200d💻", id="joined emoji stay"),
        pytest.param("<b>&amp;", "<b>&amp;", id="markup is text"),
        pytest.param("\r\n \x00", "", id="nothing left"),
    ],
)
def test_makes_one_line_that_reads_as_it_is_written(text, line):
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        pytest.param(11, "Deploy this", id="as long as the limit"),
        pytest.param(10, "Deploy th…", id="one too long"),
        pytest.param(8, "Deploy…", id="no space before the dots"),
    ],
)
def test_cuts_to_the_limit(limit, line):
    assert one_line("Deploy this", limit) == line
    assert len(line) <= limit


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "\u200f \u2060", "\x00"])
def test_sees_that_nothing_can_be_seen(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["x", "\u200fx", "é", "🙂", "العربية"])
def test_sees_what_can_be_seen(text):
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", ""),
        ("A", "A"),
        ("AB", "A or B"),
        ("ABC", "A, B or C"),
        ("ABCD", "A, B, C or 1 other"),
        ("ABCDE", "A, B, C or 2 others"),
    ],
)
def test_names_some_and_counts_the_rest(names, said):
    assert any_of(names) == said


@pytest.mark.parametrize(("count", "text"), [(0, "0 lines"), (1, "1 line"), (1200, "1,200 lines")])
def test_counts_in_words(count, text):
    assert counted(count, "line") == text


@pytest.mark.parametrize("text", ["jane@example.com", "jane+pim@sub.example.com"])
def test_takes_what_mail_is_sent_to(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "jane",
        "jane@example.com\n",
        '"\x0bBcc:everybody@example.com\x0b"@example.com',  # mail ends a line of its head there
        '"a;b"@example.com',
        f"{'j' * 243}@example.com",
    ],
)
def test_takes_no_address_that_is_more_than_one(text):
    assert not is_address(text)
