"""A report in HTML: one file that needs no network, in which no text becomes markup."""

import pandas as pd
import plotly.graph_objects as go
import pytest

from ecgcore.report.web import Drawing, Section, Table, Words, inline, web_page


def page(*blocks, settings=(("Test set", "all"),), command="python3.11 -m ecgcore compare"):
    return web_page("Compare", settings, [Section("Pairs", blocks)], command).decode()


def test_plotly_is_embedded_once_and_only_where_something_is_drawn():
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    drawn = page(Drawing(figure, "a rises"), Drawing(figure, "b"))
    assert drawn.count("plotly.js v") == 1
    once = page(Drawing(figure, "a"))
    assert drawn.count("Plotly.newPlot(") - once.count("Plotly.newPlot(") == 1
    assert "aria-label='a rises'" in drawn
    assert len(drawn) < 6_000_000
    assert "<script src" not in drawn
    assert len(page(Words("a"))) < 5_000


def test_settings_and_the_command_stand_at_the_head():
    html = page(settings=[("Test set", "all < 5"), ("Made on", "2026-11-28")], command="run <x>")
    assert "<tr><th>Test set</th><td>all &lt; 5</td></tr><tr><th>Made on</th>" in html
    assert "<code>run &lt;x&gt;</code>" in html
    assert "not a medical device" in html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** c", "a <b>b</b> c"),
        (":green-badge[agrees] :small[n = 3]", "agrees n = 3"),
        ("`A` :material/info: x", "<code>A</code>  x"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[−0.1, 0.2]", "[−0.1, 0.2]"),
    ],
)
def test_the_markdown_of_the_pages_becomes_html(text, html):
    assert inline(text) == html


def test_lines_become_paragraphs_and_lists():
    html = page(Words("**Which?**\n- one\n- two\nend"), Words("how", quiet=True))
    assert "<p><b>Which?</b></p><ul><li>one</li><li>two</li></ul><p>end</p>" in html
    assert "<p class='quiet'>how</p>" in html


def test_tables_show_numbers_and_long_ones_are_folded():
    frame = pd.DataFrame({"Name": ["<A>", "C"], "x": [-0.12345, float("nan")], "n": [3, 4]})
    html = page(Table(frame), Table(frame, "All numbers", digits=2))
    assert "<tr><td>&lt;A&gt;</td><td>−0.1235</td><td>3</td></tr><tr><td>C</td><td></td>" in html
    assert "<details><summary>All numbers</summary><table>" in html
    assert "<td>−0.12</td>" in html


def test_a_name_in_a_figure_cannot_end_its_script():
    figure = go.Figure(go.Scatter(x=[1], y=[1], name="</script><b>own</b>"))
    assert "</script><b>own" not in page(Drawing(figure, "</figure>"))
