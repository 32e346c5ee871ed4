"""Hunting offline: KQL over a lake, files and frames, run by DuckDB.

```python
from vedette.hunting import Engine

with Engine.from_paths(["telemetry/"]) as engine:
    for row in engine.run("DeviceProcessEvents | summarize count() by FileName").rows():
        print(row)
```
"""

from vedette.hunting.engine import Engine
from vedette.hunting.limits import Cancellation, Limits
from vedette.hunting.outside import Outside
from vedette.hunting.result import Result, ResultColumn, Stats
from vedette.hunting.scope import Scope

__all__ = ["Cancellation", "Engine", "Limits", "Outside", "Result", "ResultColumn", "Scope", "Stats"]
