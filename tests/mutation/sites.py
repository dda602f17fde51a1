"""Places in a source file that can be changed, and the changes."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

_COMPARE = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
_ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}

_NO_EFFECT_KEYWORDS = {
    "strict", "daemon", "copy", "stacklevel", "max_entries", "maxsize", "ttl", "show_spinner",
    "indent", "flush", "help", "slots", "frozen", "repr",
}  # fmt: skip
"""Arguments that steer speed, memory or the look of messages, or are checks that never fire."""
_SPEED_ONLY = {
    "_BLOCK": "records that are read or predicted at once",
    "_IG_BATCH": "steps of Integrated Gradients that are computed at once",
    "_CHUNK_BYTES": "bytes that are received at once",
    "_POLL_S": "how often a queue or the job table is looked at",
    "_STEP_S": "how often an ending process is looked at",
    "_PAUSE_S": "how often a measured training is looked at",
    "_RETRY_S": "how soon a table that failed is looked at again",
    "_STOP_S": "how long ended threads are waited for before they are left behind",
    "_WARM_TURNS": "untimed turns before a measurement",
    "_WARM_OPENS": "untimed records before a measurement",
}
"""Constants of a module by their whole names, and what they decide: no text, file or number that a
reader gets differs with them. What stands in a message or sets a limit is not among them."""
_LAYOUT_KEYWORDS = {"width", "height"}
"""Sizes of a page's own boxes in pixels: nobody can say that 251 is wrong and 250 is right. On
pages alone, as are the shares of ``st.columns``; what a figure measures stays in."""
_TEXT_FUNCTIONS = {"__repr__", "__str__"}
_LOGS = re.compile(r"^_?(log|logger|logging|warnings)\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Site:
    """One change of one place.

    Attributes
    ----------
    start, end
        Bytes of the source that are replaced.
    line
        First line of the change, from 1.
    """

    kind: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def applied(self, source: bytes) -> bytes:
        """Return the source with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def sites(source: bytes) -> list[Site]:
    """Return every change of a source file, in its order."""
    found = _Finder(source)
    found.visit(ast.parse(source))
    return sorted(found.sites, key=lambda site: (site.start, site.new))


class _Finder(ast.NodeVisitor):
    """Walk over what runs; texts, types, logs and guards that cannot be reached are left out."""

    def __init__(self, source: bytes) -> None:
        self.sites: list[Site] = []
        self._source = source
        self._is_page = b"import streamlit as st" in source
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def _at(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column

    def _span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def _add(self, kind: str, start: int, end: int, *new: str) -> None:
        line = self._source.count(b"\n", 0, start) + 1
        old = self._source[start:end].decode()
        self.sites += [Site(kind, line, start, end, old, text) for text in new]

    def _between(
        self, kind: str, left: ast.AST, right: ast.AST, old: str, new: Sequence[str]
    ) -> None:
        """Replace the operator that stands between two nodes."""
        start, end = self._span(left)[1], self._span(right)[0]
        words = old.replace(" ", r"\s+")
        pattern = rf"\b{words}\b" if old[0].isalpha() else re.escape(old)
        if match := re.search(pattern.encode(), self._source[start:end]):
            self._add(kind, start + match.start(), start + match.end(), *new)

    def visit_Compare(self, node: ast.Compare) -> None:
        terms = [node.left, *node.comparators]
        for left, operator, right in zip(terms, node.ops, terms[1:], strict=False):
            self._between("comparison", left, right, *_COMPARE[type(operator)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _ARITHMETIC and not any(map(_is_text, (node.left, node.right))):
            old, new = _ARITHMETIC[type(node.op)]
            self._between("arithmetic", node.left, node.right, old, [new])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between("logic", left, right, old, [new])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        start, inside = self._span(node)[0], self._span(node.operand)[0]
        if isinstance(node.op, ast.Not) and b"(" not in self._source[start:inside]:
            self._add("logic", start, inside, "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        new = None
        if isinstance(node.value, bool):
            new = str(not node.value)
        elif isinstance(node.value, int):
            new = str(node.value + 1)
        elif isinstance(node.value, float):
            new = repr(node.value * 1.2 if node.value else 0.1)
        if new is not None:
            self._add("constant", *self._span(node), new)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        if isinstance(node.value, ast.Call):
            if _LOGS.match(ast.unparse(node.value.func)):
                return
            self._add("deleted call", *self._span(node), "pass")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _NAMES:
            self._add("min/max/any/all", *self._span(node.func), _NAMES[node.func.id])
        self.visit(node.func)
        for argument in node.args:
            if not (self._is_page and ast.unparse(node.func) == "st.columns"):
                self.visit(argument)
        for keyword in node.keywords:
            if self._is_page and keyword.arg in _LAYOUT_KEYWORDS:
                continue
            if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
                self._add("axis", *self._span(keyword.value), "0" if keyword.value.value else "1")
            elif keyword.arg not in _NO_EFFECT_KEYWORDS:
                self.visit(keyword.value)

    def visit_Slice(self, node: ast.Slice) -> None:
        for bound in (node.lower, node.upper):
            if bound is not None and not isinstance(bound, ast.Constant):
                self._add("slice", *self._span(bound), f"{ast.unparse(bound)} + 1")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in _TEXT_FUNCTIONS or _only_says(node.body):
            return
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.visit(default)
        for statement in node.body:
            self.visit(statement)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name that the visitor looks up

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if not any(ast.unparse(base).startswith(("Protocol", "TypedDict")) for base in node.bases):
            for statement in node.body:
                self.visit(statement)

    def visit_Module(self, node: ast.Module) -> None:
        for statement in node.body:
            if not (isinstance(statement, ast.Assign) and _is_speed_only(statement)):
                self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        test = ast.unparse(node.test)
        if test == "TYPE_CHECKING" or re.search(r"\b(os\.name|sys\.platform)\b", test):
            return
        if isinstance(node.body[0], ast.Raise) and re.search(
            "AssertionError|NotImplementedError|TypeError", ast.unparse(node.body[0])
        ):
            return
        self.generic_visit(node)

    def _left_out(self, _node: ast.AST) -> None:
        return

    visit_JoinedStr = visit_Assert = visit_Raise = visit_Import = visit_ImportFrom = _left_out  # noqa: N815


def _is_speed_only(node: ast.Assign) -> bool:
    return ast.unparse(node.targets[0]) in _SPEED_ONLY


def _is_text(node: ast.AST) -> bool:
    """Return whether a sum or quotient with it joins texts, lists or paths."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    path = isinstance(node, ast.Name | ast.Attribute) and re.search(
        r"(dir|folder|path|_DIR|FILE|file|text|words)$", ast.unparse(node)
    )
    return bool(path) or isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.Dict)


def _only_says(body: Sequence[ast.stmt]) -> bool:
    """Return whether a function has a docstring and no more."""
    return all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in body)
