"""Values as KQL writes them."""

from __future__ import annotations

import json
import math
from typing import Any

from tests.spec.kql.reference.values import datetime_text, timespan_text
from vedette.catalogue.tables import KqlType


def literal(kind: KqlType, value: Any) -> str:
    """The literal of a value."""
    if kind == "string":
        return json.dumps(value, ensure_ascii=False)
    if kind == "dynamic":
        return f"dynamic({json.dumps(value, ensure_ascii=False)})"
    if value is None:
        return f"{kind}(null)"
    match kind:
        case "bool":
            return "true" if value else "false"
        case "int":
            return f"int({value})"
        case "long":
            return f"long({value})" if value < 0 else str(value)
        case "real":
            if not math.isfinite(value):
                return "real(nan)" if math.isnan(value) else f"real({'+' if value > 0 else '-'}inf)"
            return f"real({value!r})" if value < 0 or "e" in repr(value) else repr(value)
        case "datetime":
            return f"datetime({datetime_text(value)})"
        case "timespan":
            return f"timespan({timespan_text(value)})"
    return f"guid({value})"
