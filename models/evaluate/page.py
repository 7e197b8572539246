"""A report as one HTML file: titles, paragraphs, tables and inline SVG plots, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import Any

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left }
caption, figcaption { text-align: left; color: #555 }
code { background: #f4f4f4; padding: .1rem .3rem }
svg { max-width: 100%; height: auto }
"""


@dataclass(slots=True, frozen=True)
class Text:
    """A paragraph."""

    text: str

    def html(self) -> str:
        """Return the paragraph."""
        return f"<p>{escape(self.text)}</p>"


@dataclass(slots=True, frozen=True)
class Table:
    """Rows under a head; floats are shown with four places, None as a dash."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    caption: str = ""

    def html(self) -> str:
        """Return the table."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.head)
        rows = "\n".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<tr>{head}</tr>\n{rows}</table>"


@dataclass(slots=True, frozen=True)
class Plot:
    """A picture with a caption; `draw` makes one."""

    svg: str
    caption: str = ""

    def html(self) -> str:
        """Return the figure."""
        return f"<figure>{self.svg}<figcaption>{escape(self.caption)}</figcaption></figure>"


Block = Text | Table | Plot


@dataclass(slots=True, frozen=True)
class Section:
    """A titled part of a page."""

    title: str
    blocks: Sequence[Block]

    def html(self) -> str:
        """Return the section."""
        inner = "\n".join(block.html() for block in self.blocks)
        return f"<section><h2>{escape(self.title)}</h2>\n{inner}</section>"


def page(title: str, command: str, sections: Iterable[Section]) -> str:
    """Return the whole report; ``command`` is how to make it again."""
    inner = "\n".join(section.html() for section in sections)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p>Made by <code>{escape(command)}</code></p>\n{inner}</body></html>\n"
    )


def draw(
    paint: Callable[[Any], None], caption: str = "", width_in: float = 7, height_in: float = 3.2
) -> Plot:
    """Return what ``paint`` puts on a matplotlib ``Axes``; equal data give equal bytes.

    Needs the ``train`` extra (matplotlib).
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "kairos", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        paint(figure.subplots())
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return Plot(text[text.index("<svg") :], caption)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return escape(str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
