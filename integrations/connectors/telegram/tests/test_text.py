"""Marks, escapes and cuts; the simulator's own reader of HTML is the judge."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.telegram.mapping.text import Run, runs_of, split, units
from integrations.connectors.telegram.simulator.formatting import parsed


def html(text: str) -> str:
    return "".join(run.html() for run in runs_of(text, is_marked=True))


def test_marks_become_tags_and_nothing_else_does():
    assert html("*bold* and _italic_, `a < b`") == "<b>bold</b> and <i>italic</i>, <code>a &lt; b</code>"
    assert html('[title <1>](https://example.com/?a=1&b="2")'.replace('"', "")) == (
        '<a href="https://example.com/?a=1&amp;b=2">title &lt;1&gt;</a>'
    )


def test_nested_marks_are_closed_in_order():
    assert html("*bold _both_*") == "<b>bold </b><b><i>both</i></b>"


def test_lone_marks_and_names_with_underscores_stay_letters():
    for text in ("2 * 3 * 4", "snake_case_name", "_open", "`", "[no](javascript:alert(1))", "<b>&amp;</b>"):
        assert parsed(html(text))[0] == text


def test_quotes_in_an_address_cannot_leave_the_attribute():
    words, entities = parsed(html('[x](https://example.com/"onclick="y)'))

    assert words == "x"
    assert entities[0]["url"] == 'https://example.com/"onclick="y'


def test_text_is_cut_at_a_paragraph_a_line_a_word():
    text = "a" * 30 + "\n\n" + "b" * 10 + "\n" + "c" * 20 + " " + "d" * 60

    parts = [part.plain for part in split(runs_of(text, is_marked=False), 40)]

    assert parts == ["a" * 30, "b" * 10 + "\n" + "c" * 20, "d" * 40, "d" * 20]


def test_marked_passage_is_not_cut_where_it_fits_into_one_part():
    [first, second] = split(runs_of("word " * 6 + "*strong words here*", is_marked=True), 40)

    assert first.plain == ("word " * 6).strip()
    assert second.html == "<b>strong words here</b>"


def test_longer_than_a_part_it_is_bold_in_both():
    parts = split(runs_of("*" + "x" * 60 + "*", is_marked=True), 40)

    assert [part.html for part in parts] == [f"<b>{'x' * 40}</b>", f"<b>{'x' * 20}</b>"]


def test_emoji_counts_two_and_families_stay_together():
    family = "👩‍👩‍👧"  # five code points, eight units

    parts = [part.plain for part in split((Run(family * 6),), 20)]

    assert parts == [family * 2] * 3
    assert units(family) == 8


def test_hundred_and_one_entities_are_two_messages():
    parts = split(runs_of(" ".join(f"`{number}`" for number in range(101)), is_marked=True), 4096)

    assert [sum(bool(run.tags) for run in part.runs) for part in parts] == [100, 1]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)
MARKED = st.lists(
    st.sampled_from(["*", "_", "`", "[", "](https://example.com/a)", "<", "&", "\n", " ", "😀", "слово", "x", "é"])
).map("".join)  # fmt: skip


@given(st.one_of(TEXTS, MARKED), st.booleans(), st.integers(10, 60))
def test_every_part_fits_is_read_by_telegram_and_nothing_is_lost(text, is_marked, limit):
    runs = runs_of(text, is_marked=is_marked)

    parts = split(runs, limit)

    whole = "".join(run.text for run in runs)
    assert "".join("".join(part.plain for part in parts).split()) == "".join(whole.split())
    for part in parts:
        assert 0 < units(part.plain) <= limit
        assert parsed(part.html)[0] == part.plain
