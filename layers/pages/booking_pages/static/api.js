// Speaks to the API that these files come from, whatever stands before its paths.

const ROOT = new URL("../../", import.meta.url);
const PATIENCE_MS = 8000;

/** An answer that is no success. `reason` is the API's word, or `offline` or `no_answer` where none came. */
export class Refusal extends Error {
  constructor(reason, { status = 0, requestId = null, retryAfter = null } = {}) {
    super(reason);
    Object.assign(this, { reason, status, requestId, retryAfter });
  }
}

/** The address of one of the API's paths. */
export const addressOf = (path) => new URL(path.replace(/^\//, ""), ROOT).href;

/** A key for one decision of the visitor's: its retries send the same one, and happen once. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The JSON of a good answer; null where it has no body. Throws Refusal.
 * @param {{ query?: object, body?: object, token?: string, key?: string, signal?: AbortSignal }} more
 */
export async function ask(method, path, more = {}) {
  const { content } = await send(method, path, more);
  return jsonOf(content);
}

/** All of a list, page by page. */
export async function askAll(path, { query = {}, ...more } = {}) {
  const found = [];
  let address = withQuery(path, { limit: 100, ...query });
  while (address) {
    const { headers, content } = await send("GET", address, more);
    found.push(...await jsonOf(content));
    const cursor = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/.exec(headers.get("Link") ?? "")?.[1];
    address = cursor && withQuery(path, { limit: 100, ...query, cursor: decodeURIComponent(cursor) });
  }
  return found;
}

/** The file of a good answer. */
export const askFile = async (path, more = {}) => (await send("GET", path, more)).content;

async function send(method, path, { query, body, token, key, signal }) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers["Idempotency-Key"] = key;
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const options = { method, headers, body: body && JSON.stringify(body), credentials: "omit" };
  let answer;
  let content;
  try {
    options.signal = signal ? AbortSignal.any([signal, timeout]) : timeout;
    answer = await fetch(addressOf(withQuery(path, query)), options);
    content = await answer.blob();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(navigator.onLine ? "no_answer" : "offline");
  }
  if (!answer.ok) throw await refusalOf(answer, content);
  return { headers: answer.headers, content };
}

const jsonOf = async (content) => (content.size ? JSON.parse(await content.text()) : null);

async function refusalOf(answer, content) {
  const about = await jsonOf(content).catch(() => null) ?? {};
  return new Refusal(about.error?.reason ?? "internal_error", {
    status: answer.status,
    requestId: about.request_id ?? answer.headers.get("X-Request-ID"),
    retryAfter: Number(answer.headers.get("Retry-After")) || null,
  });
}

function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
