"""A report is one self-contained page."""

from __future__ import annotations

from models.evaluate.page import Section, Table, Text, draw, page


def test_texts_and_cells_are_escaped_and_numbers_are_readable() -> None:
    table = Table(("<name>", "n"), [("a<b", 12_345), ("c", None), ("d", 0.12345)], "x & y")
    html = page("<T>", "kairos 'x'", [Section("S & Co", [Text("1 < 2"), table])])
    for part in (
        "&lt;T&gt;",
        "S &amp; Co",
        "1 &lt; 2",
        "a&lt;b",
        "12,345",
        "–",
        "0.1235",
        "x &amp; y",
    ):
        assert part in html, part
    assert "<name>" not in html


def test_a_plot_is_inline_and_the_same_twice() -> None:
    one, other = (draw(lambda axes: axes.plot([1, 2, 3]), "three").html() for _ in range(2))
    assert one == other
    assert "<svg" in one
    assert "three" in one
    assert "<?xml" not in one
