// Calls of the server that this page comes from. The token is kept for this tab only.

const SOON = 15000; // milliseconds
export const LONG = 75000; // what PostgreSQL may take for an action
const KEY = 'pgdelta.token';

export const base = new URL('.', document.baseURI); // works below any context path

export const token = () => sessionStorage.getItem(KEY);
export const keepToken = (value) => sessionStorage.setItem(KEY, value);

/** The server's answer was an error: its sentence, its hint and its status. */
export class Refused extends Error {
  constructor(body, status) {
    super(body?.error ?? `The server answered ${status}`);
    this.hint = body?.hint ?? '';
    this.status = status;
  }
}

/** What the server answers, from JSON; null where it answers nothing. */
export async function call(path, options = {}) {
  const headers = { Accept: 'application/json', ...options.headers };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  const answer = await fetch(new URL(path, base), {
    ...options, headers, credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(options.timeout ?? SOON),
  });
  const body = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(body, answer.status);
  return body;
}

/** Sends JSON, or nothing. */
export const post = (path, body) =>
  call(path, body ? { method: 'POST', timeout: LONG, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) } : { method: 'POST', timeout: LONG });

/** The address of a websocket. */
export function socketUrl(path) {
  const url = new URL(path, base);
  url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

export const connect = (path) =>
  new WebSocket(socketUrl(path), token() ? ['pgdeltastream.v1', `bearer.${token()}`] : []);
