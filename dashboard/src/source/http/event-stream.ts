import { SourceError } from "../types";

/** One server-sent event. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
  /** The id to resume after, as of this event. */
  readonly id: string | undefined;
}

/** Reads the text of an event stream, in pieces of any length, and returns the events that each piece completes. */
export function createEventReader(): (text: string) => StreamEvent[] {
  let rest = "";
  let name = "";
  let data: string[] = [];
  let id: string | undefined;

  const line = (text: string, events: StreamEvent[]): void => {
    if (text === "") {
      if (data.length > 0) events.push({ name: name || "message", data: data.join("\n"), id });
      name = "";
      data = [];
      return;
    }
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  };

  return (text) => {
    const events: StreamEvent[] = [];
    rest += text;
    // A carriage return at the end may be the first half of a line's end.
    const complete = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const lines = complete.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + rest.slice(complete.length);
    for (const one of lines) line(one, events);
    return events;
  };
}

/** Who takes what a stream brings. */
export interface StreamHandler {
  /** Something arrived, a comment included: the line is alive. */
  onBytes(): void;
  onEvent(event: StreamEvent): void;
}

/**
 * Opens an event stream and delivers its events until it ends, which rejects, as everything does that stops it. `fetch` in place of
 * `EventSource`: keep-alive comments are seen, so a dead line is noticed, and a wake-up resumes at once from the last id.
 */
export async function readEvents(url: URL, signal: AbortSignal, handler: StreamHandler): Promise<never> {
  const response = await fetch(url, { signal, cache: "no-store", headers: { accept: "text/event-stream" } });
  const type = response.headers.get("content-type") ?? "";
  if (!response.ok || response.body === null || !type.startsWith("text/event-stream")) {
    await response.body?.cancel();
    throw new SourceError(`The stream answered ${response.status} ${type}`);
  }
  const read = createEventReader();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) throw new SourceError("The stream ended.");
    handler.onBytes();
    for (const event of read(value)) handler.onEvent(event);
  }
}
