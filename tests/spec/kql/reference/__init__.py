"""A second, independent reading of KQL: slow, row by row, and plain enough to be checked by eye against the pages.

`queries.answer` runs a query over small tables. It shares the parser and the tree with the engine and nothing else:
no binder, no plan, no SQL. Each rule is written from Microsoft's pages (learn.microsoft.com/kusto/query); the page is
named where the rule is subtle.

Where the pages leave an answer open, the interpreter raises `Unspecified` instead of guessing, and the comparison
(`test_reference.py`) leaves that program out.
"""
