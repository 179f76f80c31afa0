// What the page asks the server for; all of it belongs to this visitor alone.

const BASE = new URL("api/", location.href);

export class Refusal extends Error {
  /** @param {number} status of HTTP; 0 if the server was not reached
   *  @param {number} wait seconds, if the server told */
  constructor(status, wait = 0) {
    super(`refused with ${status}`);
    this.status = status;
    this.wait = wait;
    /** Why speech was not understood, if it was that. */
    this.trouble = undefined;
  }
}

async function request(method, path, body) {
  const options = { method, headers: {}, cache: "no-store" };
  if (body instanceof Blob) {
    options.headers["Content-Type"] = body.type;
    options.body = body;
  } else if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(new URL(path, BASE), options);
  } catch {
    throw new Refusal(0);
  }
  if (answer.ok) return answer;
  const refusal = new Refusal(answer.status, Number(answer.headers.get("Retry-After")) || 0);
  refusal.trouble = (await answer.json().catch(() => ({}))).trouble;
  throw refusal;
}

const json = async (...asked) => (await request(...asked)).json();

export const enter = () => json("POST", "session", {});
export const history = (before) => json("GET", before ? `history?before=${before}` : "history");
export const judge = (id, helpful) => json("POST", "feedback", { id, helpful });
export const facts = () => json("GET", "memory");
export const correct = (id, value) => json("PATCH", `memory/facts/${id}`, { value });
export const remove = (id) => json("DELETE", `memory/facts/${id}`);
export const consent = (agree) => json("POST", "consent", { agree });
export const forgetAll = () => json("DELETE", "memory");
export const speech = async (text) => (await request("POST", "speech", { text })).blob();
export const exportAddress = new URL("memory/export", BASE).href;

/** Has speech made ready to be understood, while somebody begins to speak. */
export const wake = () => request("POST", "voice/wake", {}).catch(() => {});

/** The words so far of a recording that goes on, of which a part begins at `start`: `{text, more}`. */
export const hearPart = (id, start, part) => json("POST", `voice/part?id=${id}&start=${start}`, part);

/** The words of a recording: `{text, confidence}`. */
export const hear = (recording) => json("POST", "voice", recording);

/**
 * Says something.
 * @param {{id: string, text: string, title?: string, spoken?: boolean}} message
 * @param {(line: object) => void} take gets each line of the answer as it comes
 * @returns the last line, `done` or `failed`
 */
export async function say(message, take) {
  const answer = await request("POST", "messages", message);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += value;
      const lines = rest.split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean).map((one) => JSON.parse(one))) {
        if (line.type === "done" || line.type === "failed") return line;
        take(line);
      }
    }
  } catch {
    // The connection broke; the turn goes on without us.
  }
  throw new Refusal(0);
}

/**
 * Hears what happens meanwhile; opens itself again when the connection breaks.
 * @param {number} since the newest row that the page knows
 * @param {(news: object) => void} take
 * @param {(open: boolean) => void} state
 * @returns {() => void} ends it
 */
export function listen(since, take, state) {
  let [source, timer, known] = [null, 0, since];
  const open = () => {
    source = new EventSource(new URL(`news?since=${known}`, BASE));
    source.onmessage = (event) => {
      known = event.lastEventId || known;
      take(JSON.parse(event.data));
    };
    source.onopen = () => state(true);
    source.onerror = () => {
      state(false);
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, 5000);
    };
  };
  const close = () => {
    clearTimeout(timer);
    source.close();
  };
  open();
  addEventListener("pagehide", close, { once: true });
  return close;
}

/** A new id for a message; also where the page did not come by HTTPS. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
