"""What a page shows lives in its URL, comes back after a visit to a case, and is named if unknown.

A widget with ``bind="query-params"`` writes its value by itself. What is chosen by a name that
readers do not see, or by a click on a chart, is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

_LONGEST = 40
_FEW = 8


@dataclass(frozen=True, slots=True)
class Bound:
    """A query parameter that a widget with ``bind="query-params"`` reads and writes.

    Attributes
    ----------
    known
        Its values, where they are always the same; none where the page checks them by itself.
    words
        What it is called on screen; its name by default.
    renamed
        Former value to present one, so that old links work.
    """

    known: Collection[str] = ()
    words: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageState:
    """The choices of one page.

    Attributes
    ----------
    page
        Its address.
    bound
        Its bound parameters by the key of their widget.
    written
        Query parameters that the page writes by `write`.
    """

    page: str
    bound: Mapping[str, Bound]
    written: tuple[str, ...] = ()

    def open(self) -> None:
        """Restore what was kept, follow old links, and name each value that is no choice."""
        self.restore()
        for key, one in self.bound.items():
            follow_renamed(key, one.renamed)
            if one.known:
                known = [*one.known, *one.renamed]
                warn_of_unknown(key, known, what=one.words, advice=_advice(one.known))

    def keep(self) -> None:
        """Remember the choices before the page is left for a case."""
        widgets = {key: st.session_state[key] for key in self.bound if key in st.session_state}
        query = {name: st.query_params.get_all(name) for name in self.written}
        st.session_state[self._kept] = (widgets, query)

    def restore(self) -> None:
        """Put kept choices back on the return from a case.

        The browser's Back button leads to an entry without query parameters, which Streamlit adds
        when it switches pages. A link with choices of its own wins.
        """
        widgets, query = st.session_state.pop(self._kept, ({}, {}))
        if not (widgets or query) or self._asked():
            return
        st.session_state.update(widgets)
        for name, values in query.items():
            write(name, values)
        st.rerun()

    def _asked(self) -> bool:
        return any(name in st.query_params for name in (*self.bound, *self.written))

    @property
    def _kept(self) -> str:
        return f"{self.page}_kept"


def write(name: str, values: Sequence[str]) -> None:
    """Write a parameter that no widget is bound to; no value takes it out of the URL."""
    if values:
        st.query_params[name] = list(values)
    else:
        st.query_params.pop(name, None)


def writer(name: str, key: str, default: Collection[str] = ()) -> Callable[[], None]:
    """Return what a widget without binding calls on a change; the default leaves the URL short.

    Parameters
    ----------
    key
        Of the widget, whose value is one name, several, or none.
    """

    def on_change() -> None:
        value = st.session_state[key]
        chosen = [value] if isinstance(value, str) else list(value or ())
        chosen = [one for one in chosen if one]
        write(name, [] if set(chosen) == set(default) else chosen)

    return on_change


def choose_named(
    label: str, names: Sequence[str], key: str, words: Callable[[str], str], *, width: int
) -> str:
    """Draw a choice whose URL holds the name, whatever the name is called on screen.

    A bound widget would write what is on screen, which a link must not hang on. The first name
    leaves the URL short; a callback that chooses another one writes it into the URL.
    """
    asked = st.query_params.get(key, names[0])
    st.session_state[key] = asked if asked in names else names[0]
    return str(
        st.selectbox(
            label,
            names,
            key=key,
            format_func=words,
            width=width,
            on_change=writer(key, key, names[:1]),
        )
    )


def follow_renamed(key: str, renamed: Mapping[str, str]) -> None:
    """Let a link with a former value of a bound widget lead to the value's present name."""
    asked = st.query_params.get(key, "")
    if asked in renamed and key not in st.session_state:
        st.session_state[key] = renamed[asked]


def follow_names(key: str, names: Mapping[str, str]) -> None:
    """Let an address name a choice as commands do; its title takes the name's place.

    Parameters
    ----------
    names
        Title to name; the bound widget knows titles alone.
    """
    asked = st.session_state.get(key) or st.query_params.get(key, "")
    for title, name in names.items():
        if asked == name:
            st.query_params[key] = title
            st.rerun()


def quoted(value: str) -> str:
    """Quote a text from the URL: short, on one line, and as code, so that no Markdown works.

    Examples
    --------
    >>> quoted("[a](b)"), quoted("`x`"), len(quoted("y" * 99))
    ('`[a](b)`', "`'x'`", 42)
    """
    return f"`{' '.join(value.split())[:_LONGEST].replace('`', chr(39))}`"


def unknown_words(what: str, value: str, advice: str) -> str:
    """Say that a value in the URL is no choice, and what to do.

    Examples
    --------
    >>> unknown_words("test set", "best", "choose certain or all.")
    'The test set `best` in the address is not known: choose certain or all.'
    """
    return f"The {what} {quoted(value)} in the address is not known: {advice}"


def warn_of_unknown(name: str, known: Collection[str], *, what: str = "", advice: str = "") -> None:
    """Name each value of a parameter that is no choice; the page goes on with its default.

    Parameters
    ----------
    what
        What the parameter is called on screen; its name by default.
    advice
        What to do; by default the choices, where they are few.
    """
    for value in st.query_params.get_all(name):
        if value not in known:
            text = unknown_words(what or name.replace("_", " "), value, advice or _advice(known))
            st.warning(text, icon=":material/warning:")


def _advice(known: Collection[str]) -> str:
    return f"choose {', '.join(known)}." if len(known) <= _FEW else "the usual one is shown."
