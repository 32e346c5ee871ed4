"""From the syntax tree to the plan: names resolved, types checked, functions inlined."""
