"""Changes of one point in a module: what each of them is, and the module's text with it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

OPPOSITES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One point of a module, changed."""

    module: str
    """Its path, from the root."""
    function: str
    """Where the point is, as `Class.method`; empty on the module's own level."""
    first_line: int
    last_line: int
    was: str
    becomes: str
    text: str
    """The module as changed."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when the code around it moves, even to another module."""
        return self.function, self.was, self.becomes

    def __str__(self) -> str:
        return f"{self.module}:{self.first_line} {self.function}\n- {self.was}\n+ {self.becomes}"


def mutants(module: str, text: str) -> Iterator[Mutant]:
    """Every change that is known, in the order of the text."""
    seen = {ast.dump(ast.parse(text))}
    for found in _Points(module, text).mutants():
        tree = ast.dump(ast.parse(found.text))
        if tree not in seen:
            seen.add(tree)
            yield found


@dataclass
class _Points:
    module: str
    text: str

    @cached_property
    def lines(self) -> list[bytes]:
        return self.text.encode().splitlines(keepends=True)

    def mutants(self) -> Iterator[Mutant]:
        yield from self._inside(ast.parse(self.text), "", self._whole())

    def _whole(self) -> tuple[int, int]:
        return 1, len(self.lines)

    def _inside(self, node: ast.AST, function: str, span: tuple[int, int]) -> Iterator[Mutant]:
        """`span` is the innermost statement's, or of a compound one its head's."""
        if isinstance(node, ast.stmt):
            span = node.lineno, _end_of_head(node)
        for changed in _changes(node):
            assert isinstance(node, ast.stmt | ast.expr)
            yield self._mutant(node, changed, function, span)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        for child in _children(node):
            yield from self._inside(child, function, span)

    def _mutant(self, node: ast.stmt | ast.expr, changed: str, function: str, span: tuple[int, int]) -> Mutant:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        before, after = self.lines[node.lineno - 1][: node.col_offset], self.lines[end_line - 1][end_column:]
        middle = before + changed.encode() + after
        text = b"".join([*self.lines[: node.lineno - 1], middle, *self.lines[end_line:]]).decode()
        was = b"".join(self.lines[node.lineno - 1 : end_line]).decode()
        return Mutant(self.module, function, *span, " ".join(was.split()), " ".join(middle.decode().split()), text)


def _end_of_head(node: ast.stmt) -> int:
    body = getattr(node, "body", None)
    return max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What runs; not annotations, and not what only a type checker reads."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params"} or isinstance(node, ast.TypeAlias):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if name == "decorator_list":
            value = [decorator for decorator in value if "dataclass" not in ast.unparse(decorator)]  # noqa: PLW2901
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child


def _changes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.stmt):
        yield from _changes_of_a_statement(node)
        return
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.Compare() | ast.UnaryOp():
            yield from _changes_of_a_condition(node)
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield from (str(value + 1), str(value - 1))
        case ast.IfExp(test=test):
            yield _expression(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Call(keywords=keywords):
            for dropped in keywords:
                if dropped.arg:
                    yield _expression(node, keywords=[other for other in keywords if other is not dropped])


def _changes_of_a_statement(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete():
            yield "pass"
        case ast.Return(value=ast.expr()):
            yield "return None"


def _changes_of_a_condition(node: ast.BinOp | ast.BoolOp | ast.Compare | ast.UnaryOp) -> Iterator[str]:
    """Of a comparison, of what joins conditions, PynamoDB's among them, or of a sum."""
    match node:
        case ast.Compare(ops=[operator]):
            yield from (_expression(node, ops=[opposite()]) for opposite in OPPOSITES[type(operator)])
        case ast.BoolOp(op=operator, values=values):
            yield _expression(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
            yield from (_expression(node, values=[other for other in values if other is not one]) for one in values)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr(), left=left, right=right):
            yield from (f"({ast.unparse(operand)})" for operand in (left, right))
        case ast.BinOp(op=operator) if type(operator) in ARITHMETIC:
            yield _expression(node, op=ARITHMETIC[type(operator)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"


def _expression(node: ast.expr, **changed: object) -> str:
    fields = {**dict(ast.iter_fields(node)), **changed}
    return f"({ast.unparse(type(node)(**fields))})"
