// Answers what Microsoft's language service says about queries.
//
// First line in: {"TableName": [["column", "type"], ...], ...}. Every further line in asks about a query:
// {"query": text, "reading": true} is answered with {"syntax": [message]}, and without "reading" with
// {"syntax": [message], "errors": [message], "columns": [[name, type]] or null}.
"use strict";

const path = require("node:path");
const readline = require("node:readline");

const library = path.join(__dirname, "node_modules", "@kusto", "language-service-next");
require(path.join(library, "bridge.min.js"));
require(path.join(library, "Kusto.Language.Bridge.min.js"));
const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;

// The library is compiled from C#; its lists are no JavaScript arrays.
function listed(sequence) {
  const count = System.Array.getCount(sequence);
  return Array.from({ length: count }, (_, position) => System.Array.getItem(sequence, position));
}

function table([name, columns]) {
  const declared = columns.map(([column, type]) => `['${column}']: ${type}`);
  return Symbols.TableSymbol.From(`(${declared.join(", ")})`).WithName(name);
}

function world(tables) {
  const members = new (System.Collections.Generic.List$1(Symbols.Symbol).ctor)();
  Object.entries(tables).forEach((entry) => members.add(table(entry)));
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("hunting", members, false));
}

function messages(diagnostics) {
  return listed(diagnostics).map((found) => found.Message);
}

function read(query, globals) {
  return { syntax: messages(KustoCode.Parse(query, globals).GetSyntaxDiagnostics()) };
}

function judged(query, globals) {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const columns = code.ResultType?.Columns;
  return {
    syntax: messages(code.GetSyntaxDiagnostics()),
    errors: listed(code.GetDiagnostics())
      .filter((found) => found.Severity === "Error")
      .map((found) => found.Message),
    columns: columns ? listed(columns).map((column) => [column.Name, column.Type.Name]) : null,
  };
}

let globals = null;
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  if (globals === null) {
    globals = world(JSON.parse(line));
  } else {
    const { query, reading } = JSON.parse(line);
    process.stdout.write(`${JSON.stringify((reading ? read : judged)(query, globals))}\n`);
  }
});
