// Calls of the server that this page comes from. The token is kept for this tab only.

import { DeltaClient } from '../client/pgdeltastream.js';

const SOON = 15000; // milliseconds
export const LONG = 75000; // what PostgreSQL may take for an action
const KEY = 'pgdelta.token';

export const base = new URL('.', document.baseURI); // works below any context path

export const token = () => sessionStorage.getItem(KEY);
export const keepToken = (value) => sessionStorage.setItem(KEY, value);

const client = new DeltaClient({ url: base });

/** What the server answers, from JSON; null where it answers nothing. Throws DeltaError. */
export async function call(path, { timeout = SOON, ...options } = {}) {
  client.token = token();
  const answer = await client.call(path, { ...options, signal: AbortSignal.timeout(timeout) });
  return answer.status === 204 ? null : answer.json();
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
