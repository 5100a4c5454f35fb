"""Eight numbers side by side, for compiled kernels that do the same with eight pairs at once.

A value of type ``Eight`` is one vector of the processor (or two or four of a narrower one). Kernels load it from and
store it to one-dimensional arrays of float64, at the index of its first number, and add, subtract, multiply and divide
it in between: sums over short loops stay in registers, which numba's own loops over arrays do not do.

An array that is allocated inside a kernel starts at a whole vector; one that starts elsewhere is read more slowly.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8
_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_PLACES = ir.VectorType(ir.IntType(32), WIDTH)
_FUSED = ("contract",)  # a product that is added at once may be rounded once
Emit = tuple[Any, Callable[..., Any]]  # numba's signature, and what writes the code


class Eight(types.Type):
    """Numba's type of eight numbers of float64."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


eight = Eight()


@register_model(Eight)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    first = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(first, [at]), _VECTOR.as_pointer())


def _spread(builder: Any, number: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(_PLACES, [0] * WIDTH))


@intrinsic
def load(typing_context: Any, array: Any, at: Any) -> Emit:
    """Return the eight numbers of a contiguous 1-D array of float64 that start at ``at``; bounds are not checked."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        value = builder.load(_address(context, builder, signature.args[0], *given))
        value.align = WIDTH
        return value

    return eight(array, types.int64), emit


@intrinsic
def store(typing_context: Any, array: Any, at: Any, value: Any) -> Emit:
    """Write eight numbers into a contiguous 1-D array of float64, from ``at`` on; bounds are not checked."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        place = _address(context, builder, signature.args[0], *given[:2])
        builder.store(given[2], place).align = WIDTH
        return context.get_dummy_value()

    return types.void(array, types.int64, eight), emit


@intrinsic
def spread(typing_context: Any, number: Any) -> Emit:
    """Return eight times the same number."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _spread(builder, given[0])

    return eight(types.float64), emit


@intrinsic
def spread_at(typing_context: Any, array: Any, at: Any) -> Emit:
    """Return eight times the number at ``at`` of a contiguous 1-D array of float64; bounds are not checked."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        first = context.make_array(signature.args[0])(context, builder, given[0]).data
        return _spread(builder, builder.load(builder.gep(first, [given[1]])))

    return eight(array, types.int64), emit


@intrinsic
def transpose(
    typing_context: Any, array: Any, at: Any, step: Any, into: Any, there: Any, other_step: Any
) -> Emit:
    """Write the columns of eight times eight numbers of one array (rows ``step`` apart) as rows into another."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        array, at, step, into, there, other_step = given
        rows = []
        for k in range(WIDTH):
            place = builder.add(at, builder.mul(step, ir.Constant(step.type, k)))
            rows.append(builder.load(_address(context, builder, signature.args[0], array, place)))
            rows[-1].align = WIDTH
        for distance in (1, 2, 4):  # in turn, numbers change places with those of the row that is so far away
            low = [k + WIDTH - distance if k & distance else k for k in range(WIDTH)]
            high = [k + WIDTH if k & distance else k + distance for k in range(WIDTH)]
            swapped = list(rows)
            for k in range(WIDTH):
                if not k & distance:
                    pair = rows[k], rows[k + distance]
                    swapped[k] = builder.shuffle_vector(*pair, ir.Constant(_PLACES, low))
                    swapped[k + distance] = builder.shuffle_vector(*pair, ir.Constant(_PLACES, high))
            rows = swapped
        for k in range(WIDTH):
            place = builder.add(there, builder.mul(other_step, ir.Constant(other_step.type, k)))
            builder.store(rows[k], _address(context, builder, signature.args[3], into, place)).align = WIDTH
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, into, types.int64, types.int64), emit


@intrinsic
def where_above(typing_context: Any, value: Any, limit: Any, yes: Any, no: Any) -> Emit:
    """Return ``yes`` where the value is above the limit, ``no`` where it is not (or is not a number)."""

    def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *given[:2]), *given[2:])

    return eight(eight, eight, eight, eight), emit


def _arithmetic(instruction: str, *symbols: Callable[..., Any]) -> None:
    @intrinsic
    def apply(typing_context: Any, left: Any, right: Any) -> Emit:
        def emit(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return getattr(builder, instruction)(*given, flags=_FUSED)

        return eight(eight, eight), emit

    def code(left: Any, right: Any) -> Any:
        return apply(left, right)

    def of_eight(left: Any, right: Any) -> Callable[..., Any] | None:
        return code if left == right == eight else None

    for symbol in symbols:
        overload(symbol)(of_eight)


_arithmetic("fadd", operator.add, operator.iadd)
_arithmetic("fsub", operator.sub, operator.isub)
_arithmetic("fmul", operator.mul)
_arithmetic("fdiv", operator.truediv)
