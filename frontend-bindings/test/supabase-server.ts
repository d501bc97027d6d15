// A stand-in for the parts of Supabase that the package uses, over real sockets on the loopback: PostgREST's reading requests (select with
// casts, filters, `or` and `and` trees, order, count, a cap of rows) over rows in memory, and Realtime's Phoenix frames. It shows that the
// client is asked the right things and takes what answers look like; PostgreSQL itself, its types and its policies are not here.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export type Row = Record<string, string | number | boolean>;

export interface Server {
  readonly url: string;
  readonly tables: Record<string, Row[]>;
  /** Requests for rows so far, as `GET /rest/v1/equity_data?…`. */
  readonly requests: string[];
  /** Most rows of one answer. */
  cap: number;
  /** Called before an answer is made. */
  beforeAnswer: (request: string) => void;
  /** Answers with a fault while it is set. */
  fault: { status: number; message: string } | undefined;
  /** Adds a row and tells the subscribers, as the database does. */
  insert(table: string, row: Row): void;
  /** Tells the subscribers of a change, with columns and errors as given. */
  announce(table: string, type: "INSERT" | "UPDATE", record: Row, errors?: string[]): void;
  /** Cuts every WebSocket. */
  cut(): void;
  /** Refuses new WebSockets while it is set. */
  refuse: boolean;
  /** Cuts the WebSocket of whoever joins a channel while it is set. */
  cutJoins: boolean;
  /** Whoever joins a channel is not listened to the database for while it is set, until `hear()`. */
  deaf: boolean;
  hear(): void;
  /** Closes every channel; the WebSockets stay. */
  closeChannels(): void;
  /** Whether anyone is subscribed. */
  subscribed(): boolean;
  close(): Promise<void>;
}

type Subscription = { socket: WebSocket; topic: string; joinRef: string; changes: Change[] };
type Change = { id: number; event: string; schema: string; table: string; filter: string };

/** PostgreSQL types of columns that are not text, which Realtime sends along. */
const TYPES: Record<string, string> = {
  price: "numeric",
  open: "numeric",
  high: "numeric",
  low: "numeric",
  volume: "int8",
  bar_seconds: "int4",
  seq: "int4",
  sma9: "float8",
  vwap: "float8",
  late: "bool",
};

export async function startServer(): Promise<Server> {
  const http = createServer((request, response) => answer(server, request, response));
  const sockets = new WebSocketServer({ noServer: true });
  const subscriptions = new Set<Subscription>();
  const unheard: (() => void)[] = [];
  http.on("upgrade", (request, socket, head) => {
    if (server.refuse || !request.url?.startsWith("/realtime/v1/websocket")) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (connected) => serve(connected, subscriptions, unheard, server));
  });
  await new Promise<void>((listening) => http.listen(0, "127.0.0.1", listening));

  const server: Server = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    tables: {},
    requests: [],
    cap: 1000,
    beforeAnswer: () => {},
    fault: undefined,
    refuse: false,
    cutJoins: false,
    deaf: false,
    hear() {
      server.deaf = false;
      for (const listen of unheard.splice(0)) listen();
    },
    insert(table, row) {
      server.tables[table]?.push(row);
      server.announce(table, "INSERT", row);
    },
    announce(table, type, record, errors) {
      const columns = Object.keys(record).map((name) => ({ name, type: TYPES[name] ?? "text" }));
      const data = {
        schema: "public",
        table,
        type,
        commit_timestamp: new Date().toISOString(),
        columns,
        record,
        errors,
      };
      for (const { socket, topic, changes } of subscriptions) {
        const ids = changes.filter(
          (change) => change.table === table && change.event === type && passes(change, record),
        );
        if (ids.length > 0) send(socket, null, null, topic, "postgres_changes", { ids: ids.map(({ id }) => id), data });
      }
    },
    cut() {
      for (const socket of sockets.clients) socket.terminate();
    },
    closeChannels() {
      for (const { socket, topic, joinRef } of subscriptions) send(socket, joinRef, null, topic, "phx_close", {});
      subscriptions.clear();
    },
    subscribed: () => subscriptions.size > 0,
    async close() {
      server.cut();
      sockets.close();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };
  return server;
}

function serve(socket: WebSocket, subscriptions: Set<Subscription>, unheard: (() => void)[], server: Server): void {
  socket.on("close", () => {
    for (const subscription of subscriptions) if (subscription.socket === socket) subscriptions.delete(subscription);
  });
  socket.on("message", (data) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
    const reply = (response: unknown) => send(socket, joinRef, ref, topic, "phx_reply", { status: "ok", response });
    if (event === "heartbeat") reply({});
    if (event === "phx_leave") {
      for (const one of subscriptions) if (one.socket === socket && one.topic === topic) subscriptions.delete(one);
      reply({});
      send(socket, joinRef, null, topic, "phx_close", {});
    }
    if (event === "phx_join" && server.cutJoins) socket.terminate();
    else if (event === "phx_join") {
      const wanted = payload.config.postgres_changes as Omit<Change, "id">[];
      const changes = wanted.map((change, at) => ({ ...change, id: 1000 + at }));
      reply({ postgres_changes: changes });
      const system = {
        extension: "postgres_changes",
        status: "ok",
        message: "Subscribed to PostgreSQL",
        channel: topic,
      };
      const listen = () => {
        subscriptions.add({ socket, topic, joinRef, changes });
        send(socket, joinRef, null, topic, "system", system);
      };
      if (server.deaf) unheard.push(listen);
      else listen();
    }
  });
}

function send(socket: WebSocket, ...frame: [string | null, string | null, string, string, unknown]): void {
  socket.send(JSON.stringify(frame));
}

function passes({ filter }: Change, record: Row): boolean {
  const [column = "", condition = ""] = filter.split("=");
  return matches(record, column, condition);
}

function answer(server: Server, request: IncomingMessage, response: ServerResponse): void {
  // Pages of other origins may ask, as on Supabase.
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "content-range");
  if (request.method === "OPTIONS") {
    const wanted = request.headers["access-control-request-headers"];
    if (wanted !== undefined) response.setHeader("access-control-allow-headers", wanted);
    response.writeHead(204, { "access-control-allow-methods": "GET, HEAD", "access-control-max-age": "600" }).end();
    return;
  }
  const url = new URL(request.url ?? "", "http://localhost");
  const table = url.pathname.match(/^\/rest\/v1\/(\w+)$/)?.[1] ?? "";
  const described = `${request.method} ${decodeURIComponent(request.url ?? "")}`;
  server.requests.push(described);
  server.beforeAnswer(described);
  const rows = server.tables[table];
  if (server.fault !== undefined || rows === undefined) {
    const { status, message } = server.fault ?? { status: 404, message: `relation "${table}" does not exist` };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message, code: "XX000" }));
    return;
  }
  let found = rows;
  for (const [name, value] of url.searchParams) {
    if (["select", "order", "limit"].includes(name)) continue;
    found = found.filter((row) => (name === "or" ? some(row, value) : matches(row, name, value)));
  }
  const order = url.searchParams.get("order")?.split(",") ?? [];
  found = [...found].sort((a, b) => compareBy(a, b, order));
  const page = found.slice(0, Math.min(server.cap, Number(url.searchParams.get("limit") ?? server.cap)));
  const total = request.headers.prefer?.includes("count=exact") ? found.length : "*";
  const range = page.length === 0 ? "*" : `0-${page.length - 1}`;
  const select = url.searchParams.get("select") ?? "*";
  const body = JSON.stringify(page.map((row) => selected(row, select)));
  response.writeHead(200, { "content-type": "application/json", "content-range": `${range}/${total}` });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** The columns asked for; `price::text` is a cast, without which numbers are JSON numbers. */
function selected(row: Row, select: string): Row {
  const entries = select.split(",").map((column) => {
    const [name = "", cast] = column.split("::");
    if (!(name in row)) throw new Error(`no column ${name}`);
    return [name, cast === "text" ? String(row[name]) : plain(name, row[name] as Row[string])] as const;
  });
  return Object.fromEntries(entries);
}

/** Rows hold numerics as PostgreSQL prints them: `600.120000`. */
function plain(name: string, value: Row[string]): Row[string] {
  return TYPES[name] === "numeric" || TYPES[name] === "int8" ? Number(value) : value;
}

function compareBy(a: Row, b: Row, order: string[]): number {
  for (const column of order) {
    const [name = "", way] = column.split(".");
    const compared = compare(a[name], b[name]);
    if (compared !== 0) return way === "desc" ? -compared : compared;
  }
  return 0;
}

function compare(a: Row[string] | undefined, b: Row[string] | undefined): number {
  const [left, right] = [comparable(a), comparable(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Moments of stamps that were read before: every request reads those of all rows. */
const moments = new Map<string, number>();

function comparable(value: Row[string] | undefined): number | string {
  if (typeof value !== "string") return Number(value);
  const known = moments.get(value);
  if (known !== undefined) return known;
  if (!/^\d{4}-\d\d-\d\dT/.test(value)) return value;
  const moment = Date.parse(value);
  moments.set(value, moment);
  return moment;
}

/** `(a.gt.1,and(b.eq.2,c.eq.3))`: whether one of the conditions holds. */
function some(row: Row, tree: string): boolean {
  return conditions(tree.slice(1, -1)).some((condition) => holds(row, condition));
}

function holds(row: Row, condition: string): boolean {
  const nested = condition.match(/^and\((.*)\)$/)?.[1];
  if (nested !== undefined) return conditions(nested).every((one) => holds(row, one));
  const [, column = "", rest = ""] = condition.match(/^(\w+)\.(.*)$/) ?? [];
  return matches(row, column, rest);
}

/** Splits at commas that are outside brackets and quotes. */
function conditions(text: string): string[] {
  return text.match(/(?:[^,("]|"[^"]*"|\([^)]*\))+/g) ?? [];
}

/** Whether a comparison, of which only the sign counts, is what an operator asks for. */
const OPERATORS: Record<string, (compared: number) => boolean> = {
  eq: (compared) => compared === 0,
  gt: (compared) => compared > 0,
  gte: (compared) => compared >= 0,
  lt: (compared) => compared < 0,
  lte: (compared) => compared <= 0,
};

/** Conditions such as `eq.QQQ` that were read before: every request holds them against all rows. */
const read = new Map<string, { holds: ((compared: number) => boolean) | undefined; value: string }>();

function matches(row: Row, column: string, condition: string): boolean {
  let known = read.get(condition);
  if (known === undefined) {
    const [, operator = "", text = ""] = condition.match(/^(\w+)\.(.*)$/) ?? [];
    known = { holds: OPERATORS[operator], value: text.replace(/^"(.*)"$/, "$1") };
    read.set(condition, known);
  }
  const { holds, value } = known;
  const actual = row[column];
  if (holds === undefined || actual === undefined) throw new Error(`cannot filter ${column} by ${condition}`);
  return holds(compare(actual, typeof actual === "number" ? Number(value) : value));
}
