"""The rules are pure: standard library only, no clock, no I/O, no float; one place rounds money."""

import ast
import sys
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[2] / "domain").glob("*.py"))
pytestmark = pytest.mark.skipif("mutants" in Path(__file__).parts, reason="mutmut instruments the sources it copies")
IMPURE_MODULES = {"asyncio", "io", "logging", "os", "pathlib", "random", "socket", "subprocess", "time", "urllib"}
IMPURE_NAMES = {"float", "now", "open", "print", "round", "today", "utcnow"}
ROUNDING_MODULES = {"money.py", "units.py"}


def _nodes(source: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [(node.module or "").partition(".")[0]] if isinstance(node, ast.ImportFrom) else []


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def test_there_are_rules() -> None:
    assert len(SOURCES) > 15


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_only_the_standard_library_is_imported_and_nothing_impure(source: Path) -> None:
    imported = {name for node in _nodes(source) for name in _imported(node)}
    assert imported <= (set(sys.stdlib_module_names) | {"domain"}) - IMPURE_MODULES


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_float_no_clock_no_io(source: Path) -> None:
    nodes = _nodes(source)
    assert not [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert IMPURE_NAMES.isdisjoint(map(_called, nodes))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_rounding_happens_in_money_and_units_only(source: Path) -> None:
    assert source.name in ROUNDING_MODULES or "quantize" not in set(map(_called, _nodes(source)))
