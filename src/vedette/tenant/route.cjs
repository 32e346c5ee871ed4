// Loaded into Node programs by `vedette run`: leads their TLS connections for the Microsoft hosts to the local tenant.
//
// Node before 24 heeds no HTTPS_PROXY. Certificates stay checked under the name that the program asked for, and other
// hosts are refused by name, as the proxy does. Connections that a program makes through the proxy itself pass as they are.
"use strict";

const net = require("node:net");
const tls = require("node:tls");
const { syncBuiltinESMExports } = require("node:module");

const route = process.env.VEDETTE_ROUTE ? JSON.parse(process.env.VEDETTE_ROUTE) : null;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

function normalized(given) {
  const args = [...given];
  const listener = typeof args.at(-1) === "function" ? args.pop() : undefined;
  const options = Object.assign({}, ...args.filter((each) => each !== null && typeof each === "object"));
  if (typeof args[0] === "number" || (typeof args[0] === "string" && /^\d+$/.test(args[0]))) {
    options.port = Number(args[0]);
    if (typeof args[1] === "string") options.host = args[1];
  } else if (typeof args[0] === "string") {
    options.path = args[0];
  }
  return [options, listener];
}

function isAllowed(host) {
  return route.allow.some((each) => (each.startsWith("*.") ? host.endsWith(each.slice(1)) : host === each));
}

function refused(host) {
  const text = `${host} is refused: only the Microsoft hosts of the local tenant are reachable here. hint: vedette run --allow-host ${host}`;
  const socket = new tls.TLSSocket(new net.Socket());
  process.nextTick(() => socket.destroy(Object.assign(new Error(text), { code: "EHOSTREFUSED" })));
  return socket;
}

if (route) {
  const connect = tls.connect;
  tls.connect = function (...given) {
    const [options, listener] = normalized(given);
    const host = String(options.host ?? "localhost").toLowerCase();
    if (options.socket || options.path || LOOPBACK.has(host)) return connect.apply(this, given);
    if (route.hosts.includes(host)) {
      const servername = options.servername || host;
      return connect.call(this, { ...options, host: "127.0.0.1", port: route.port, servername }, listener);
    }
    return isAllowed(host) ? connect.apply(this, given) : refused(host);
  };
  syncBuiltinESMExports();
}
