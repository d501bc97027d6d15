import { SourceError } from "../types";

/** Asks for JSON. Rejects with a `SourceError`, or with the signal's own error where the asker gave up. */
export async function readJson<Answer>(url: URL, signal: AbortSignal): Promise<Answer> {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, PATIENCE_MS);
  signal.addEventListener("abort", stop);
  try {
    const response = await fetch(url, {
      signal: limit.signal,
      // Asks whether what the browser has is still so: a day that has not changed is not sent again.
      cache: "no-cache",
      headers: { accept: "application/json" },
    });
    if (!response.ok) throw new SourceError(await refusalOf(response));
    return (await response.json()) as Answer;
  } catch (cause) {
    if (cause instanceof SourceError || signal.aborted) throw cause;
    const words = cause instanceof SyntaxError ? "The server's answer is no JSON." : "The server does not answer.";
    throw new SourceError(words, { cause });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

const PATIENCE_MS = 30_000;

/** What a refusal says: the server's own words where it has any. */
async function refusalOf(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined);
  const { detail, title } = (problem ?? {}) as { detail?: unknown; title?: unknown };
  const words = typeof detail === "string" ? detail : typeof title === "string" ? title : undefined;
  return words === undefined
    ? `The server answered ${response.status}.`
    : `The server answered ${response.status}: ${words}`;
}
