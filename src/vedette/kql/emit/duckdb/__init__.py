"""DuckDB: the SQL of plans (`plans`), of expressions (`expressions`), and of each function, one module a family."""
