"""Units of measure: how much of the base unit each one is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from vedette.kql.kernels.kernel import kernel

_PREFIXES: Final = {
    "nano": 1e-9, "micro": 1e-6, "milli": 1e-3, "centi": 1e-2, "deci": 0.1, "deca": 10.0, "hecto": 100.0,
    "kilo": 1e3, "mega": 1e6, "giga": 1e9, "tera": 1e12,
}  # fmt: skip


def _with_prefixes(unit: str, factor: float, *prefixes: str) -> dict[str, float]:
    return {unit: factor} | {prefix + unit: factor * _PREFIXES[prefix] for prefix in prefixes}


_FOOT: Final = 0.3048
_SURVEY_FOOT: Final = 1200 / 3937
_POUND: Final = 0.45359237
_POUND_FORCE: Final = 4.4482216152605
_US_GALLON: Final = 3.785411784e-3
_IMPERIAL_GALLON: Final = 4.54609e-3
_EC_THERM: Final = 105505585.262
_IMPERIAL_THERM: Final = 105505585.257348
_US_THERM: Final = 105480400.0

_ANGLE: Final = {  # degrees
    **_with_prefixes("degree", 1.0, "micro", "milli", "nano"),
    **_with_prefixes("radian", 180 / math.pi, "centi", "deci", "micro", "milli", "nano"),
    "arcminute": 1 / 60,
    "arcsecond": 1 / 3600,
    "gradian": 0.9,
    "natomil": 9 / 160,
    "revolution": 360.0,
}
_ENERGY: Final = {  # joules
    **_with_prefixes("britishthermalunit", 1055.05585262, "kilo", "mega", "giga"),
    **_with_prefixes("calorie", 4.184, "kilo", "mega"),
    **_with_prefixes("electronvolt", 1.602176634e-19, "kilo", "mega", "giga", "tera"),
    **_with_prefixes("joule", 1.0, "milli", "kilo", "mega", "giga"),
    **_with_prefixes("wattday", 86_400.0, "kilo", "mega", "giga", "tera"),
    **_with_prefixes("watthour", 3600.0, "kilo", "mega", "giga", "tera"),
    **_with_prefixes("thermec", _EC_THERM, "deca"),
    **_with_prefixes("thermimperial", _IMPERIAL_THERM, "deca"),
    **_with_prefixes("thermus", _US_THERM, "deca"),
    "erg": 1e-7,
    "footpound": _FOOT * _POUND_FORCE,
    "horsepowerhour": 550 * _FOOT * _POUND_FORCE * 3600,
}
_FORCE: Final = {  # newtons
    **_with_prefixes("newton", 1.0, "deca", "kilo", "mega", "micro", "milli"),
    **_with_prefixes("poundforce", _POUND_FORCE, "kilo"),
    "dyn": 1e-5,
    "kilogramforce": 9.80665,
    "kilopond": 9.80665,
    "ounceforce": _POUND_FORCE / 16,
    "poundal": _POUND * _FOOT,
    "shorttonforce": 2000 * _POUND_FORCE,
    "tonneforce": 9806.65,
}
_LENGTH: Final = {  # metres
    **_with_prefixes("meter", 1.0, "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo"),
    **_with_prefixes("lightyear", 9.4607304725808e15, "kilo", "mega"),
    **_with_prefixes("parsec", 3.0856775814913673e16, "kilo", "mega"),
    **_with_prefixes("inch", 0.0254, "micro"),
    "angstrom": 1e-10,
    "astronomicalunit": 1.495978707e11,
    "chain": 20.1168,
    "datamile": 6000 * _FOOT,
    "dtppica": 0.0254 / 6,
    "dtppoint": 0.0254 / 72,
    "fathom": 6 * _FOOT,
    "foot": _FOOT,
    "hand": 0.1016,
    "mil": 0.0254 / 1000,
    "mile": 1609.344,
    "nauticalmile": 1852.0,
    "printerpica": 12 * 0.0254 / 72.27,
    "printerpoint": 0.0254 / 72.27,
    "shackle": 27.432,
    "solarradius": 6.957e8,
    "twip": 0.0254 / 1440,
    "ussurveyfoot": _SURVEY_FOOT,
    "yard": 3 * _FOOT,
}
_MASS: Final = {  # kilograms
    **_with_prefixes("gram", 1e-3, "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo"),
    **_with_prefixes("tonne", 1000.0, "kilo", "mega"),
    **_with_prefixes("pound", _POUND, "kilo", "mega"),
    "earthmass": 5.9722e24,
    "grain": _POUND / 7000,
    "longhundredweight": 112 * _POUND,
    "longton": 2240 * _POUND,
    "ounce": _POUND / 16,
    "shorthundredweight": 100 * _POUND,
    "shortton": 2000 * _POUND,
    "slug": _POUND_FORCE / _FOOT,
    "solarmass": 1.98847e30,
    "stone": 14 * _POUND,
}


def _speeds() -> dict[str, float]:
    """Metres per second: lengths per hour, minute and second."""
    per = {"perhour": 3600, "perminute": 60, "persecond": 1}
    lengths = {
        **_with_prefixes("meter", 1.0, "nano", "micro", "milli", "centi", "deci", "kilo"),
        "foot": _FOOT, "inch": 0.0254, "ussurveyfoot": _SURVEY_FOOT, "yard": 3 * _FOOT, "mile": 1609.344,
    }  # fmt: skip
    known = {name + time: metres / seconds for name, metres in lengths.items() for time, seconds in per.items()}
    return known | {"knot": 1852 / 3600}


_VOLUME: Final = {  # cubic metres
    **_with_prefixes("liter", 1e-3, "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "mega"),
    **_with_prefixes("usgallon", _US_GALLON, "deca", "deci", "hecto", "kilo", "mega"),
    **_with_prefixes("imperialgallon", _IMPERIAL_GALLON, "kilo", "mega"),
    **_with_prefixes("cubicfoot", _FOOT**3, "hecto", "kilo", "mega"),
    **_with_prefixes("cubicmeter", 1.0, "hecto", "kilo"),
    "acrefoot": 1 / 0.000810714,
    "autablespoon": 2e-5,
    "boardfoot": _FOOT**3 / 12,
    "cubiccentimeter": 1e-6,
    "cubicdecimeter": 1e-3,
    "cubichectometer": 1e6,
    "cubicinch": 0.0254**3,
    "cubickilometer": 1e9,
    "cubicmicrometer": 1e-18,
    "cubicmile": 1609.344**3,
    "cubicmillimeter": 1e-9,
    "cubicyard": (3 * _FOOT) ** 3,
    "imperialbeerbarrel": 36 * _IMPERIAL_GALLON,
    "imperialounce": _IMPERIAL_GALLON / 160,
    "imperialpint": _IMPERIAL_GALLON / 8,
    "metriccup": 2.5e-4,
    "metricteaspoon": 5e-6,
    "oilbarrel": 42 * _US_GALLON,
    "uktablespoon": 1.5e-5,
    "usbeerbarrel": 31 * _US_GALLON,
    "uscustomarycup": _US_GALLON / 16,
    "uslegalcup": 2.4e-4,
    "usounce": _US_GALLON / 128,
    "uspint": _US_GALLON / 8,
    "usquart": _US_GALLON / 4,
    "ustablespoon": _US_GALLON / 256,
    "usteaspoon": _US_GALLON / 768,
}
_TEMPERATURE: Final = {  # kelvins: factor and offset
    "degreecelsius": (1.0, 273.15),
    "degreedelisle": (-2 / 3, 373.15),
    "degreefahrenheit": (5 / 9, 459.67 * 5 / 9),
    "degreenewton": (100 / 33, 273.15),
    "degreerankine": (5 / 9, 0.0),
    "degreereaumur": (5 / 4, 273.15),
    "degreeroemer": (40 / 21, 273.15 - 7.5 * 40 / 21),
    "kelvin": (1.0, 0.0),
    "millidegreecelsius": (1e-3, 273.15),
    "solartemperature": (5778.0, 0.0),
}


def _convert(value: float | None, source: str, target: str, units: Mapping[str, float]) -> float | None:
    one, other = units.get(source.lower()), units.get(target.lower())
    return None if value is None or one is None or other is None else value * one / other


def _declare(quantity: str, units: Mapping[str, float]) -> None:
    def convert(value: float | None, source: str, target: str) -> float | None:
        return _convert(value, source, target, units)

    _kernel(quantity)(convert)


def _kernel(quantity: str) -> Callable[[Callable[..., float | None]], Callable[..., float | None]]:
    return kernel("real", "string", "string", returns="real", name=f"convert_{quantity}")


for _quantity, _units in {
    "energy": _ENERGY, "force": _FORCE, "length": _LENGTH, "mass": _MASS, "speed": _speeds(), "volume": _VOLUME,
}.items():  # fmt: skip
    _declare(_quantity, _units)


@_kernel("angle")
def convert_angle(value: float | None, source: str, target: str) -> float | None:
    """A tilt is the sine of its angle."""
    if value is not None and source.lower() == "tilt":
        value, source = math.asin(value) * 180 / math.pi if abs(value) <= 1 else math.nan, "degree"
    if target.lower() == "tilt":
        degrees = _convert(value, source, "degree", _ANGLE)
        return None if degrees is None else math.sin(degrees * math.pi / 180)
    return _convert(value, source, target, _ANGLE)


@_kernel("temperature")
def convert_temperature(value: float | None, source: str, target: str) -> float | None:
    one, other = _TEMPERATURE.get(source.lower()), _TEMPERATURE.get(target.lower())
    if value is None or one is None or other is None:
        return None
    return (value * one[0] + one[1] - other[1]) / other[0]
