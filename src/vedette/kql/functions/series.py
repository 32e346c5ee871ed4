"""Functions over series: arrays of numbers at even distances in time, as `make-series` gives them."""

from __future__ import annotations

from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.signatures import Family, Naming

FAMILY = Family("series")

_LINE: Final[tuple[tuple[str, KqlType], ...]] = (
    ("rsquare", "real"),
    ("slope", "real"),
    ("variance", "real"),
    ("rvariance", "real"),
    ("interception", "real"),
    ("line_fit", "dynamic"),
)
_SIDE: Final = ("rsquare", "slope", "interception", "variance", "rvariance")
_TWO_LINES: Final[tuple[tuple[str, KqlType], ...]] = (
    ("rsquare", "real"),
    ("split_idx", "long"),
    ("variance", "real"),
    ("rvariance", "real"),
    ("line_fit", "dynamic"),
    *((f"right_{name}", "real") for name in _SIDE),
    *((f"left_{name}", "real") for name in _SIDE),
)
_STATS: Final[tuple[tuple[str, KqlType], ...]] = (
    ("min", "real"),
    ("min_idx", "long"),
    ("max", "real"),
    ("max_idx", "long"),
    ("avg", "real"),
    ("stdev", "real"),
    ("variance", "real"),
)
_COMPLEX: Final[tuple[tuple[str, KqlType], ...]] = (("real", "dynamic"), ("imag", "dynamic"))
_PERIODS: Final[tuple[tuple[str, KqlType], ...]] = (("periods", "dynamic"), ("scores", "dynamic"))
_PARTS: Final[tuple[tuple[str, KqlType], ...]] = (
    ("baseline", "dynamic"),
    ("seasonal", "dynamic"),
    ("trend", "dynamic"),
    ("residual", "dynamic"),
)


def _series(
    parameters: str,
    says: str,
    *more: str,
    returns: str = "dynamic",
    naming: Naming = "none",
    outputs: tuple[tuple[str, KqlType], ...] = (),
    deprecated: tuple[str, ...] = (),
) -> None:
    FAMILY.add(
        *(f"{one} -> {returns}" for one in (parameters, *more)),
        says=says,
        naming=naming,
        outputs=outputs,
        deprecated=deprecated,
    )


for _name, _says in (
    ("add", "Adds two series, element by element."),
    ("subtract", "Subtracts one series from another, element by element."),
    ("multiply", "Multiplies two series, element by element."),
    ("divide", "Divides one series by another, element by element."),
    ("pow", "Raises one series to the power of another, element by element."),
    ("greater", "Tells, element by element, whether the first series is greater."),
    ("greater_equals", "Tells, element by element, whether the first series is greater or equal."),
    ("less", "Tells, element by element, whether the first series is less."),
    ("less_equals", "Tells, element by element, whether the first series is less or equal."),
    ("equals", "Tells, element by element, whether two series are equal."),
    ("not_equals", "Tells, element by element, whether two series differ."),
):
    _series(
        f"series_{_name}(series1: array, series2: array)",
        _says,
        f"series_{_name}(series1: array, series2: number)",
        f"series_{_name}(series1: number, series2: array)",
    )
for _name, _says in (
    ("exp", "Gives e to the power of each element."),
    ("log", "Gives the natural logarithm of each element."),
    ("sign", "Gives the sign of each element."),
    ("abs", "Gives the absolute value of each element."),
    ("sin", "Gives the sine of each element."),
    ("asin", "Gives the arcsine of each element."),
    ("cos", "Gives the cosine of each element."),
    ("acos", "Gives the arccosine of each element."),
    ("tan", "Gives the tangent of each element."),
    ("atan", "Gives the arctangent of each element."),
    ("floor", "Rounds each element down."),
    ("ceiling", "Rounds each element up."),
):
    _series(f"series_{_name}(series: array)", _says)
_series(
    "series_sum(series: array)",
    "Adds up a series.",
    returns="real",
    deprecated=("array_sum",),
)
_series("series_product(series: array)", "Multiplies the elements of a series.", returns="real")
_series("series_magnitude(series: array)", "Gives the length of a series as a vector.", returns="real")
_series(
    "series_dot_product(series1: array, series2: array)",
    "Gives the dot product of two series.",
    "series_dot_product(series1: array, series2: number)",
    "series_dot_product(series1: number, series2: array)",
    returns="real",
)
_series(
    "series_pearson_correlation(series1: array, series2: array)",
    "Gives the correlation coefficient of two series.",
    returns="real",
)
_series(
    "series_cosine_similarity(series1: array, series2: array, magnitude1: real?, magnitude2: real?)",
    "Gives the cosine of the angle between two series as vectors.",
    returns="real",
)

_series(
    "series_fill_forward(series: array, missing_value_placeholder: scalar?)",
    "Fills gaps with the value before.",
    naming="first",
)
_series(
    "series_fill_backward(series: array, missing_value_placeholder: scalar?)",
    "Fills gaps with the value after.",
    naming="first",
)
_series(
    "series_fill_const(series: array, constant_value: scalar?, missing_value_placeholder: scalar?)",
    "Fills gaps with a constant.",
    naming="first",
)
_series(
    "series_fill_linear(series: array, missing_value_placeholder: scalar?, fill_edges: bool?, constant_value: scalar?)",
    "Fills gaps with values on a line between the neighbours.",
    naming="first",
)

_series(
    "series_fir(series: array, filter: array, normalize: bool?, center: bool?)",
    "Applies a finite impulse response filter.",
    naming="first",
)
_series(
    "series_iir(series: array, numerators: array, denominators: array)",
    "Applies an infinite impulse response filter.",
    naming="first",
)
_series(
    "series_fft(series: array, series_imaginary: array?)",
    "Transforms a series into the frequency domain.",
    outputs=_COMPLEX,
)
_series(
    "series_ifft(series: array, series_imaginary: array?)",
    "Transforms a series back from the frequency domain.",
    outputs=_COMPLEX,
)

_series(
    "series_stats(series: array, ignore_nonfinite: bool?)",
    "Gives minimum, maximum, mean and spread of a series.",
    outputs=_STATS,
)
_series(
    "series_stats_dynamic(series: array, ignore_nonfinite: bool?)",
    "Gives minimum, maximum, mean, spread, sum and length of a series in a bag.",
)
_series(
    "series_fit_line(series: array)",
    "Fits a line to a series.",
    outputs=_LINE,
)
_series("series_fit_line_dynamic(series: array)", "Fits a line to a series, and describes it in a bag.")
_series(
    "series_fit_2lines(series: array)",
    "Fits two lines to a series, split where they fit best.",
    outputs=_TWO_LINES,
)
_series("series_fit_2lines_dynamic(series: array)", "Fits two lines to a series, and describes them in a bag.")
_series(
    "series_fit_poly(y_series: array, x_series: array?, degree: integer?)",
    "Fits a polynomial to a series.",
    outputs=(
        ("rsquare", "real"),
        ("coefficients", "dynamic"),
        ("variance", "real"),
        ("rvariance", "real"),
        ("poly_fit", "dynamic"),
    ),
)
_series(
    "series_outliers(series: array, kind: string?, ignore_val: number?, min_percentile: number?, "
    "max_percentile: number?, test_points: integer?)",
    "Scores how far each element lies outside of the usual range.",
    naming="first",
)
_series(
    "series_periods_detect(series: array, min_period: number, max_period: number, num_periods: integer)",
    "Finds the periods after which a series repeats itself, and scores them.",
    outputs=_PERIODS,
)
_series(
    "series_periods_validate(series: array, period: number+)",
    "Scores how well a series repeats itself after given periods.",
    outputs=_PERIODS,
)
_series(
    "series_seasonal(series: array, period: integer?, test_points: integer?)",
    "Gives the part of a series that repeats itself.",
)
_DECOMPOSED: Final = "seasonality: integer?, trend: string?, test_points: integer?"
_series(
    f"series_decompose(series: array, {_DECOMPOSED}, seasonality_threshold: number?)",
    "Takes a series apart into season, trend and rest.",
    outputs=_PARTS,
)
_series(
    "series_decompose_forecast(series: array, points: integer, seasonality: integer?, trend: string?, "
    "seasonality_threshold: number?)",
    "Continues a series over its last points from its season and trend.",
    outputs=_PARTS,
)
_series(
    f"series_decompose_anomalies(series: array, threshold: number?, {_DECOMPOSED}, method: string?, "
    "seasonality_threshold: number?)",
    "Marks the points of a series that its season and trend do not explain.",
    outputs=(("ad_flag", "dynamic"), ("ad_score", "dynamic"), ("baseline", "dynamic")),
)
