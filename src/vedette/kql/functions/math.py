"""Functions of numbers: rounding, powers, angles, bits, distributions and units.

`bin` and `floor` are with the times, arithmetic with the operators.
"""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("math")

FAMILY.add(
    "abs(number: integer) -> long",
    "abs(number: number) -> first",
    "abs(number: timespan) -> timespan",
    says="The value without its sign.",
    naming="first",
)
FAMILY.add(
    "round(number: number, precision: long?) -> first",
    says="The number rounded to so many places, halves away from zero; negative places are tens, hundreds and so on.",
    naming="first",
)
FAMILY.add("ceiling(number: number) -> first", says="The smallest whole number that is not below.", naming="first")
FAMILY.add("sign(number: number) -> real", says="1, 0 or -1, as the number is positive, zero or negative.")

_OF_ONE: Final = {
    "sqrt": "The square root; null of a negative number.",
    "log": "The natural logarithm; null of a negative number.",
    "log2": "The logarithm to base 2; null of a negative number.",
    "log10": "The logarithm to base 10; null of a negative number.",
    "exp": "e to the power of the number.",
    "exp2": "2 to the power of the number.",
    "exp10": "10 to the power of the number.",
    "cos": "The cosine of an angle in radians.",
    "sin": "The sine of an angle in radians.",
    "tan": "The tangent of an angle in radians.",
    "acos": "The angle of a cosine; null outside -1 to 1.",
    "asin": "The angle of a sine; null outside -1 to 1.",
    "atan": "The angle of a tangent.",
    "gamma": "The gamma function.",
    "loggamma": "The logarithm of the gamma function's size.",
    "erf": "The error function.",
    "erfc": "One less the error function.",
}
for _name, _says in _OF_ONE.items():
    FAMILY.add(f"{_name}(number: number) -> real", says=_says, naming="first")
FAMILY.add("pow(base: number, exponent: number) -> real", says="The base to the power of the exponent.", naming="first")
FAMILY.add("atan2(y: number, x: number) -> real", says="The angle of the point (x, y), in radians.", naming="first")
FAMILY.add("pi() -> real", says="The number pi.")
FAMILY.add("cot(number: number) -> real", says="The cotangent of an angle in radians.")
FAMILY.add("degrees(radians: number) -> real", says="An angle in degrees.")
FAMILY.add("radians(degrees: number) -> real", says="An angle in radians.")
FAMILY.add(
    "rand(number: integer?) -> real",
    says="A random number from 0 up to 1, or a whole one from 0 up to the given number.",
    naming="first",
)

FAMILY.add("isnan(number: real) -> bool", says="Whether the number is NaN.")
FAMILY.add("isinf(number: real) -> bool", says="Whether the number is infinite.")
FAMILY.add("isfinite(number: real) -> bool", says="Whether the number is neither NaN nor infinite.")

FAMILY.add("max_of(arg: same+) -> common", says="The largest of the arguments; nulls do not count.")
FAMILY.add("min_of(arg: same+) -> common", says="The smallest of the arguments; nulls do not count.")

for _name, _says in {
    "binary_and": "The bits that both numbers have.",
    "binary_or": "The bits that either number has.",
    "binary_xor": "The bits that only one of the numbers has.",
}.items():
    FAMILY.add(f"{_name}(value1: integer, value2: integer) -> long", says=_says, naming="first")
FAMILY.add("binary_not(value: integer) -> long", says="The bits that the number does not have.", naming="first")
for _side, _sign in (("left", "<<"), ("right", ">>")):
    FAMILY.add(
        f"binary_shift_{_side}(value: integer, shift: integer) -> long",
        says=f"value {_sign} (shift % 64); null for a negative shift.",
        naming="first",
    )
FAMILY.add("bitset_count_ones(value: integer) -> long", says="How many bits of the number are set.", naming="first")

FAMILY.add(
    "beta_cdf(x: number, alpha: number, beta: number) -> real", says="The beta distribution's cumulative function."
)
FAMILY.add(
    "beta_inv(probability: number, alpha: number, beta: number) -> real",
    says="Where the beta distribution's cumulative function has a value.",
)
FAMILY.add("beta_pdf(x: number, alpha: number, beta: number) -> real", says="The beta distribution's density.")
FAMILY.add(
    "welch_test(mean1: number, variance1: number, count1: number, mean2: number, variance2: number, count2: number)"
    " -> real",
    says="The p-value of Welch's test that two samples have the same mean.",
)

for _quantity in ("angle", "energy", "force", "length", "mass", "speed", "temperature", "volume"):
    FAMILY.add(
        f"convert_{_quantity}(value: real, from: string, to: string) -> real",
        says=f"A{'n' * (_quantity[0] in 'ae')} {_quantity} in another unit; null for a unit that is not known.",
        source=f"{DOCS}convert-{_quantity}-function",
    )
