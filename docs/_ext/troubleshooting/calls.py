"""
Find the errors that the package raises, with their texts and remedies, in its source.

Nothing is executed: a text is read from the place where the error is made. What is only known when it happens, such as
an id, is a gap.
"""

from __future__ import annotations

import ast
import functools
import importlib
import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import airflow_provider_partnercenter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PACKAGE = airflow_provider_partnercenter.__name__
ROOT = Path(airflow_provider_partnercenter.__file__).parent
#: What stands for a part of a text that is only known when the error happens.
GAP = "…"
#: Functions that make a finding of the doctor of a text and a remedy.
FINDINGS = ("failed", "warning")
#: A function that makes an ``AirflowSensorTimeout`` of lines.
TIME_OUT = "ends_as_sensor_timeout"
# What has fewer says nothing without what stands in its gaps.
_FEWEST_WORDS = 2
#: What a line with a remedy begins with.
REMEDY = "What to do: "
_MOST_TEXTS = 8
# How deep names and calls are followed.
_DEEPEST = 8
_OF_THE_MACHINE = ("AIRFLOW_VERSION",)
# Where a ValueError is about the argument of an operator or sensor. Elsewhere it is caught.
_OF_DAGS = ("assets", "operators", "sensors", "tasks.arguments", "tasks.batches", "tasks.verdicts")
# Parts that are for programmers: the emulator has error answers of its own, and a plugin of pytest is no part of a run.
_LEFT_OUT = ("emulator", "testing")
# Functions that make an error of what they are called with. Those of the second kind read fields of the connection.
_HELPER = re.compile(r"_?refused?(_\w+)?|_unknown|explained|_end_with_report|guid")
_FIELDS, _READER = "hooks/fields.py", re.compile(r"required|number|share|address")

Texts: TypeAlias = tuple[str, ...]
Known: TypeAlias = "Mapping[str, Texts]"
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Made:
    """
    A place in the source that makes an error.

    :param error: the name of the class, or of the function that makes a finding of the doctor.
    :param texts: what the error says; several if it depends on something.
    :param hints: what it tells to do; empty if it tells nothing.
    :param retryable: whether a retry may help, if the place says so itself; ``None`` if the class decides.
    :param module: the module, without the name of the package.
    :param line: the line in it.
    """

    error: str
    texts: Texts
    hints: Texts
    retryable: bool | None
    module: str
    line: int


def find_made(names: frozenset[str]) -> list[Made]:
    """
    Return each place that makes an error with a text of its own, in the order of the modules.

    :param names: the names of the classes of errors.
    """
    return [made for path in _sources() for made in _module(path, names).made()]


def _sources() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] not in _LEFT_OUT:
            yield path


@functools.cache
def _module(path: Path, names: frozenset[str]) -> _Module:
    return _Module(path, names)


class _Module:
    """One module, in which texts are looked up."""

    def __init__(self, path: Path, names: frozenset[str]) -> None:
        self._names = names
        self._short = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        self._tree = ast.parse(path.read_text())
        self._owner = {child: parent for parent in ast.walk(self._tree) for child in ast.iter_child_nodes(parent)}
        self._functions = {node.name: node for node in ast.walk(self._tree) if isinstance(node, Function)}

    @cached_property
    def _values(self) -> Mapping[str, object]:
        """The names of the module, with what they stand for."""
        return vars(importlib.import_module(f"{PACKAGE}.{self._short}"))

    def made(self) -> Iterator[Made]:
        calls = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            within = self._around(call)
            # What a helper makes is found where it is called.
            if within is None or not (_HELPER.fullmatch(within.name) or self._is_reader(within.name)):
                for error, texts, hints, retryable in self._of(call, {}):
                    yield Made(error, texts, hints, retryable, self._short, call.lineno)

    def _is_reader(self, name: str) -> bool:
        return self._short == "hooks.fields" and _READER.fullmatch(name) is not None

    def _of(self, call: ast.Call, known: Known) -> Iterator[tuple[str, Texts, Texts, bool | None]]:
        """Yield the errors that a call makes, by itself or by a helper."""
        name = _called(call)
        if name == "ValueError" and not self._short.startswith(_OF_DAGS):
            return
        if name in self._names or name == TIME_OUT or (name in FINDINGS and ".doctor" in self._short):
            if found := self._read(call, known):
                yield found
            return
        module, function = self._helper(call)
        if function is not None:
            bound = self._bound(call, function, known)
            for inner in ast.walk(function):
                if isinstance(inner, ast.Call) and inner is not call and not module._is_out_of_question(inner, bound):
                    yield from module._of(inner, bound)

    def _helper(self, call: ast.Call) -> tuple[_Module, Function | None]:
        """Return the helper that is called, and its module."""
        name = _called(call)
        of_fields = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "fields"
        if of_fields and (_HELPER.fullmatch(name) or _READER.fullmatch(name)):
            module = _module(ROOT / _FIELDS, self._names)
            return module, module._functions.get(name)
        return self, self._functions.get(name) if _HELPER.fullmatch(name) else None

    def _is_out_of_question(self, call: ast.Call, known: Known) -> bool:
        """Return whether a call stands under a condition about a parameter that is ``None``."""
        tests = (each.test for each in self._owners(call) if isinstance(each, ast.If))
        return any(isinstance(name, ast.Name) and known.get(name.id) == () for t in tests for name in ast.walk(t))

    def _read(self, call: ast.Call, known: Known) -> tuple[str, Texts, Texts, bool | None] | None:
        """Read what is given to the class of an error: its text, its hint, and whether a retry may help."""
        keywords = {each.arg: each.value for each in call.keywords}
        text = call.args[0] if call.args else keywords.get("message")
        if text is None or isinstance(text, ast.Starred):
            return None
        hints: Texts = ()
        told = text if isinstance(text, ast.Call) and _called(text) == "tell" else call
        if told is text or _called(call) == TIME_OUT:
            lines = [line for each in told.args for line in self._lines(each, known)]
            hints = tuple(t.removeprefix(REMEDY) for line in lines for t in line if t.startswith(REMEDY))
            said = [line for line in lines if not any(t.startswith(REMEDY) or _is_gap(t) for t in line)]
            texts = tuple(" ".join(each) for each in itertools.product(*said)) if said else ()
        else:
            texts = self._texts(text, known)
        second = call.args[1] if _called(call) in FINDINGS and len(call.args) > 1 else None
        if hint := keywords.get("hint") or second:
            hints = self._texts(hint, known)
        if not (texts := _distinct(texts)):
            return None
        hints = _distinct(hints)
        if _called(call) in FINDINGS and not hints:
            return None  # it adds something to the text of an error
        says, permanent = keywords.get("retryable"), keywords.get("permanent")
        retryable = says.value if isinstance(says, ast.Constant) and isinstance(says.value, bool) else None
        if isinstance(permanent, ast.Constant):
            retryable = not permanent.value
        return _called(call), texts[:_MOST_TEXTS], hints, retryable

    def _lines(self, node: ast.expr, known: Known) -> list[Texts]:
        """Return the lines of a message; those of a constant, too."""
        if not isinstance(node, ast.Starred):
            return [self._texts(node, known)]
        value = self._values.get(node.value.id) if isinstance(node.value, ast.Name) else ()
        return [(line,) for line in value] if isinstance(value, tuple) else []

    def _bound(self, call: ast.Call, function: Function, known: Known) -> dict[str, Texts]:
        """Return what the parameters of a function stand for in a call of it."""
        spec = function.args
        names = [each.arg for each in spec.args if each.arg not in ("self", "cls")]
        defaults = dict(zip(reversed(names), reversed(spec.defaults), strict=False))
        defaults |= {each.arg: value for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value}
        bound = dict.fromkeys(names, (GAP,)) | {name: self._texts(value, {}) for name, value in defaults.items()}
        given = dict(zip(names, itertools.takewhile(lambda a: not isinstance(a, ast.Starred), call.args), strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        return bound | {name: self._texts(value, known) for name, value in given.items()}

    def _texts(self, node: ast.expr, known: Known, depth: int = 0) -> Texts:
        """Return all that an expression may say."""
        if depth > _DEEPEST:
            return (GAP,)

        def read(inner: ast.expr) -> Texts:
            return self._texts(inner, known, depth + 1)

        match node:
            case ast.Constant(value=str(text)):
                return (text,)
            case ast.Constant(value=int(number) | float(number)):
                return (str(number),)
            case ast.Constant(value=None):
                return ()
            case ast.JoinedStr(values=parts):
                return _joined(map(read, parts))
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined(map(read, (left, right)))
            case ast.FormattedValue(value=value, conversion=conversion):
                found = read(value)
                if any(map(_is_gap, found)):
                    return (GAP,)
                return tuple(map(repr, found)) if conversion == ord("r") else found
            case ast.IfExp(body=one, orelse=other):
                return (*read(one), *read(other))
            case ast.BoolOp(values=values):
                return tuple(t for value in values for t in read(value))
            case ast.Name(id=name):
                return self._named(name, node, known, depth)
            case ast.Call(func=ast.Name(id="sentence"), args=[clause]):
                return read(clause)
            case ast.Call(func=ast.Name(id=name)):
                return self._returned(name, node, known, depth) or (GAP,)
        return (GAP,)

    def _returned(self, name: str, call: ast.Call, known: Known, depth: int) -> Texts:
        """Return all that a function of this package may return; nothing for others."""
        module = self
        if name not in self._functions:
            source = getattr(self._values.get(name), "__module__", None) or ""
            path = ROOT.joinpath(*source.removeprefix(f"{PACKAGE}.").split(".")).with_suffix(".py")
            if not source.startswith(f"{PACKAGE}.") or not path.exists():
                return ()
            module = _module(path, self._names)
        if (function := module._functions.get(name)) is None:
            return ()
        bound = self._bound(call, function, known)
        returned = [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value]
        return tuple(t for value in returned for t in module._texts(value, bound, depth + 1))

    def _named(self, name: str, node: ast.expr, known: Known, depth: int) -> Texts:
        if name in known:
            return known[name]
        if values := self._assigned(name, node):
            return tuple(t for value in values for t in self._texts(value, known, depth + 1))
        value = self._values.get(name) if name.isupper() and name not in _OF_THE_MACHINE else None
        return (str(value),) if isinstance(value, str | int) else (GAP,)

    def _assigned(self, name: str, node: ast.expr) -> list[ast.expr]:
        """Return what a name may stand for in a place: what it was given last, and in branches after that."""
        function = self._around(node)
        values: list[ast.expr] = []
        around = set(self._owners(node))
        for each in sorted(_assignments(function), key=lambda each: each.lineno) if function else ():
            for target in each.targets if each.lineno <= node.lineno else ():
                for one, value in _pairs(target, each.value):
                    if one == name:
                        values = [] if self._owner[each] in around else values
                        values.append(value)
        return values

    def _around(self, node: ast.AST) -> Function | None:
        return next((each for each in self._owners(node) if isinstance(each, Function)), None)

    def _owners(self, node: ast.AST) -> Iterator[ast.AST]:
        while owner := self._owner.get(node):
            yield (node := owner)


def _assignments(function: Function) -> Iterator[ast.Assign]:
    return (each for each in ast.walk(function) if isinstance(each, ast.Assign))


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, its)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _joined(parts: Iterable[Texts]) -> Texts:
    """Return all texts that parts make together; a few of them, where there are many."""
    every = itertools.product(*(part or ("",) for part in parts))
    return tuple("".join(each) for each in itertools.islice(every, 3 * _MOST_TEXTS))


def _is_gap(text: str) -> bool:
    return not re.search(r"\w", text.replace(GAP, ""))


def _distinct(texts: Texts) -> Texts:
    """Return texts on one line each, in which neighbouring gaps are one; not those that say nothing."""
    tidy = (" ".join(re.sub(rf"['\"]{GAP}['\"]", GAP, text).split()) for text in texts)
    tidy = (re.sub(rf"{GAP}(?:[ ,:]*{GAP})+", GAP, text) for text in tidy)
    # What is only sometimes said at the end is no part of the text.
    tidy = (re.sub(rf"(?<=\w){GAP}", "", text) for text in tidy)
    return tuple(text for text in dict.fromkeys(tidy) if len(re.findall(r"\w+", text)) >= _FEWEST_WORDS)
