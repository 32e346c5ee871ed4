// Prints what Microsoft's language service knows as functions, one JSON object a line:
// {"kind", "name", "hidden", "naming", "prefix", "signatures": [{"returns", "type", "parameters": [[name, kind, [type], least, most]]}]}.
"use strict";

const path = require("node:path");

const library = path.join(__dirname, "node_modules", "@kusto", "language-service-next");
require(path.join(library, "bridge.min.js"));
require(path.join(library, "Kusto.Language.Bridge.min.js"));
const { Aggregates, Functions, PlugIns, Symbols } = globalThis.Kusto.Language;

function listed(sequence) {
  const count = sequence.Count ?? System.Array.getCount(sequence);
  return Array.from({ length: count }, (_, at) => (sequence.getItem ? sequence.getItem(at) : System.Array.getItem(sequence, at)));
}

function named(enumeration, value) {
  return value === undefined || value === null ? "" : System.Enum.toString(enumeration, value);
}

function parameter(one) {
  const types = listed(one.DeclaredTypes ?? []).map((type) => type.Name);
  return [one.Name, named(Symbols.ParameterTypeKind, one.TypeKind), types, one.MinOccurring, one.MaxOccurring];
}

function signature(one) {
  return {
    returns: named(Symbols.ReturnTypeKind, one.ReturnKind),
    type: one._returnType?.Name ?? one.DeclaredReturnType?.Name ?? null,
    parameters: listed(one.Parameters).map(parameter),
  };
}

for (const [kind, known] of Object.entries({ scalar: Functions.All, aggregate: Aggregates.All, plugin: PlugIns.All })) {
  for (const one of listed(known)) {
    const entry = {
      kind,
      name: one.Name,
      hidden: one.IsHidden,
      naming: named(Symbols.ResultNameKind, one.ResultNameKind),
      prefix: one.ResultNamePrefix ?? "",
      signatures: listed(one.Signatures).map(signature),
    };
    process.stdout.write(`${JSON.stringify(entry)}\n`);
  }
}
