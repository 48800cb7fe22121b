// The client of PG Delta Stream for browsers, Node 22, Deno and Bun. It needs nothing else.
// src/docs/clients.md says how to use it; pgdeltastream.d.ts has its types.

/** A refusal: by HTTP (status, code, hint, retry) or by a close frame (close, code). */
export class DeltaError extends Error {
  constructor(message, facts = {}) {
    super(message);
    this.name = 'DeltaError';
    Object.assign(this, facts);
  }
}

const AFTER_FIXING = [1002, 1003, 1007, 1009]; // the client breaks the protocol
const POSITION_LOST = 4502;
const BEGIN_ANEW = [4500, 4501, POSITION_LOST, 4503]; // of a slot
const QUEUE_BYTES = 8 << 20; // a browser's websocket cannot be slowed down
const WAIT_SECONDS = 25; // of a pull
const RENEW_MILLIS = 30_000; // before a token ends
const LEAST_RENEW_MILLIS = 5_000; // the server takes one a second
const MOST_TIMER_MILLIS = 2 ** 31 - 1;
const ACK_MILLIS = 100; // between two acknowledgements: the server takes 1,000 a second

/** Whether reconnecting can help after a close. */
export const mayReturn = (close) => !(close >= 4500 && close < 5000) && !AFTER_FIXING.includes(close);

/** Milliseconds before the next try: anything up to 250 ms, twice as much each time, 20 s at most. */
export const backoff = (tries, first = 250, most = 20000) => Math.random() * Math.min(most, first * 2 ** tries);

// Numbers come as text, so that none is rounded.
const PARSERS = {
  smallint: Number, integer: Number, real: Number, 'double precision': Number, oid: Number,
  bigint: BigInt, json: JSON.parse, jsonb: JSON.parse,
};

/** An LSN, or the one at the end of a feed's position, as a number. */
function lsnOf(position) {
  const [high, low] = position.slice(position.lastIndexOf('.') + 1).split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

const later = (milliseconds, signal) => new Promise((done) => {
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    done();
  };
  const timer = setTimeout(end, milliseconds);
  signal.addEventListener('abort', end);
});

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const whole = (rest + value).split('\n');
      rest = whole.pop();
      yield* whole;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Calls of one server. */
export class DeltaClient {
  /**
   * url: where the application is; the page's own place is the default.
   * token: a text, or a function that is asked before each connection, and while one is open 30 s
   * before its token ends; `{ refused: true }` tells it that the last one was not taken, `expires` when
   * it ends.
   * parse: functions by PostgreSQL's type name, beside or in place of the usual ones.
   */
  constructor({ url = '.', token, parse = {}, fetch: fetcher, WebSocket: socket } = {}) {
    this.base = new URL(url, globalThis.document?.baseURI);
    if (!this.base.pathname.endsWith('/')) this.base.pathname += '/';
    this.token = token;
    this.parsers = { ...PARSERS, ...parse };
    this.fetch = fetcher ?? globalThis.fetch.bind(globalThis);
    this.WebSocket = socket ?? globalThis.WebSocket;
  }

  async tell(refused = false, expires = undefined) {
    return typeof this.token === 'function' ? this.token({ refused, expires }) : this.token;
  }

  address(path, query = {}) {
    const url = new URL(`v1/${path}`, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined || value === null) continue;
      for (const one of name === 'rows' ? [value].flat() : [value]) url.searchParams.append(name, one); // a list with commas
    }
    return url;
  }

  /** An answer of HTTP; throws DeltaError. A token that is refused is asked for once more. */
  async call(path, { query, headers, ...options } = {}, refused = false) {
    const token = await this.tell(refused);
    const answer = await this.fetch(this.address(path, query), {
      cache: 'no-store', ...options, headers: { ...headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    });
    if (answer.ok) return answer;
    if (answer.status === 401 && typeof this.token === 'function' && !refused) {
      return this.call(path, { query, headers, ...options }, true);
    }
    const body = await answer.json().catch(() => ({}));
    throw new DeltaError(body.error ?? `The server answered ${answer.status}`, { ...body, status: answer.status, error: undefined });
  }

  /** Makes a slot and its snapshot. */
  async init({ slotName, plugin, publications } = {}) {
    return (await this.call('init', { method: 'POST', query: { slotName, plugin, publication: publications } })).json();
  }

  async slots() {
    return (await this.call('slots')).json();
  }

  async drop(slotName, force = false) {
    await this.call(`slots/${encodeURIComponent(slotName)}`, { method: 'DELETE', query: { force: force || undefined } });
  }

  /** A table's rows as they were when the slot was made; throws where the end is missing. */
  async *rows(slotName, name, { columns, rows, signal } = {}) {
    const [table, schema] = name.split('.').reverse();
    const all = await (await this.call('snapshot/tables', { query: { slotName }, signal })).json();
    const known = all.find((one) => one.table === table && (schema ?? one.schema) === one.schema);
    const types = Object.fromEntries((known?.columns ?? []).map((column) => [column.name, column.type]));
    const answer = await this.call('snapshot/stream', { query: { slotName, table, schema, columns, rows, values: 'string', format: 'ndjson' }, signal });
    let last = '{}';
    let count = -1; // the last line is no row
    for await (const line of lines(answer.body)) {
      if (count >= 0) {
        yield this.typed(JSON.parse(last), types);
      }
      count += 1;
      last = line;
    }
    const end = JSON.parse(last);
    if (end.complete !== true || end.rows !== count) {
      throw new DeltaError(`The rows of ${name} broke off${end.error ? `: ${end.error}` : ''}`, { code: 'incomplete', retry: true });
    }
  }

  /** A row of JSON, by its columns' types. */
  typed(row, types) {
    const names = Object.keys(row);
    return this.row(names, names.map((column) => types?.[column]), Object.values(row));
  }

  /** Names and values as an object, each value by its type. */
  row(names, types, values) {
    return Object.fromEntries(names.map((name, i) => {
      const parse = this.parsers[types?.[i]];
      return [name, values[i] === null || !parse ? values[i] : parse(values[i])];
    }));
  }

  /** Transactions of one slot, which are acknowledged. */
  stream(slotName, options) {
    return new DeltaStream(this, slotName, options);
  }

  /** Transactions of a feed, for any number of clients. */
  feed(feed, options) {
    return new DeltaFeed(this, feed, options);
  }
}

/** Ways to a feed: each calls `got(text, position)` for messages, and ends with a close code. */
const WAYS = {
  async websocket(client, path, query, { signal, opened, got }) {
    const url = client.address(path, query);
    url.protocol = url.protocol.replace('http', 'ws');
    const token = await client.tell();
    const socket = new client.WebSocket(url, token ? ['pgdeltastream.v1', `bearer.${token}`] : []);
    return new Promise((ended) => {
      let renewal;
      const renew = async (expires) => { // a text that ends is told again to no use
        const fresh = typeof client.token === 'function' && await client.tell(false, expires);
        if (fresh && socket.readyState === 1) socket.send(JSON.stringify({ token: fresh }));
      };
      const end = (facts) => { clearTimeout(renewal); signal.removeEventListener('abort', abort); ended(facts); };
      const abort = () => { socket.close(1000); end({ close: 1000, reason: '' }); };
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      socket.onopen = () => opened((text) => socket.send(text));
      socket.onmessage = ({ data }) => {
        const expires = data.startsWith('{"token"') ? JSON.parse(data).token.expires : undefined;
        if (expires === undefined) return got(data);
        const left = Date.parse(expires) - Date.now();
        clearTimeout(renewal);
        renewal = setTimeout(() => renew(expires).catch(() => {}), Math.min(Math.max(left - RENEW_MILLIS, LEAST_RENEW_MILLIS), MOST_TIMER_MILLIS));
      };
      socket.onclose = ({ code, reason }) => end({ close: code, reason });
      socket.onerror = () => end({ close: 1006, reason: 'no connection' }); // Node 22 may say no more
    });
  },

  async events(client, path, query, { signal, opened, got }) {
    const answer = await client.call(path, { query, headers: { Accept: 'text/event-stream' }, signal });
    opened();
    let event = '', data = '', id = '';
    for await (const raw of lines(answer.body)) {
      const line = raw.replace(/\r$/, '');
      const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (field === 'event') event = value;
      if (field === 'data') data = value;
      if (field === 'id') id = value;
      if (line !== '') continue;
      if (event === 'bye') {
        const { code, reason, detail } = JSON.parse(data);
        return { close: code, reason: `${reason}: ${detail}` };
      }
      if (data || id) got(data, id);
      event = data = id = '';
    }
    return { close: 1006, reason: 'the connection ended' };
  },

  async pull(client, path, query, { signal, opened, got }) {
    let { after } = query;
    const { linger, ...rest } = query;
    for (;;) {
      const answer = await client.call(path.replace(/stream$/, 'changes'), { query: { ...rest, after, wait: WAIT_SECONDS }, signal });
      const { messages, position } = await answer.json();
      opened();
      const stamp = position.slice(0, position.lastIndexOf('.') + 1);
      for (const message of messages) {
        const lsn = message.nextlsn ?? message['snapshot-end']?.lsn;
        got(JSON.stringify(message), lsn && stamp + lsn);
      }
      got('', position);
      after = position;
    }
  },
};

/** What streams and feeds have in common: a queue, coming back, states. One consumer, by `for await`. */
class Subscription extends EventTarget {
  #queue = [];
  #bytes = 0;
  #wake = () => {};
  #over = null;
  #stop = new AbortController();
  #connection = new AbortController();
  state = 'idle';
  anew = false; // the position is lost: not with it again

  constructor(client, { signal, store, retry = mayReturn, delay = backoff, ack = 'next', from } = {}) {
    super();
    Object.assign(this, { client, store, retry, delay, ack, position: from });
    signal?.addEventListener('abort', () => this.close());
    if (signal?.aborted) this.close();
  }

  enter(state, detail) {
    this.state = state;
    this.dispatchEvent(Object.assign(new Event('state'), { state, detail }));
  }

  push(item, bytes) {
    this.#queue.push({ item, bytes });
    this.#bytes += bytes;
    if (this.#bytes > QUEUE_BYTES && !this.holdsBack) this.#connection.abort(); // and comes back later
    this.#wake();
  }

  close() {
    this.#end();
  }

  #end(problem) {
    if (this.#over) return;
    this.flush?.();
    this.#over = { problem };
    this.#stop.abort();
    this.#connection.abort();
    this.enter('closed', problem);
    this.#wake();
  }

  /** Connects again and again, from what was handed on last. */
  async #run() {
    let tries = 0;
    while (!this.#over) {
      this.enter('connecting');
      this.#connection = new AbortController();
      const { signal } = this.#connection;
      let ended;
      try {
        ended = await this.connect(signal, () => { tries = 0; });
      } catch (problem) {
        const final = problem instanceof DeltaError && (problem.retry === false || problem.status === 401);
        if (final && !this.#over) return this.#end(problem);
        ended = { close: problem.status === undefined ? 1006 : 4000, reason: String(problem.message) };
      }
      if (this.#over) return undefined;
      const tooMuch = this.#bytes > QUEUE_BYTES && !this.holdsBack;
      const again = (this.anew && ended.close === POSITION_LOST) || this.retry(ended.close);
      if (!tooMuch && !again) {
        return this.#end(this.problem ?? new DeltaError(ended.reason || `Closed with ${ended.close}`, { close: ended.close, code: /^[a-z_]*/.exec(ended.reason)[0] }));
      }
      if (tooMuch) {
        this.enter('waiting', { reason: 'the consumer is slow' });
        while (this.#bytes > 0 && !this.#over) await new Promise((done) => { this.drained = done; });
      } else {
        this.#queue = [];
        this.#bytes = 0; // it comes again
        const wait = this.delay(tries);
        tries += 1;
        this.enter('waiting', { ...ended, wait });
        await later(wait, this.#stop.signal);
      }
    }
    return undefined;
  }

  async *[Symbol.asyncIterator]() {
    this.position ??= await this.store?.load();
    this.#run().catch((problem) => this.#end(problem)); // of `retry` or `delay`
    try {
      for (;;) {
        while (this.#queue.length === 0) {
          this.drained?.();
          if (this.#over) {
            if (this.#over.problem) throw this.#over.problem;
            return;
          }
          await new Promise((done) => { this.#wake = done; });
        }
        const { item, bytes } = this.#queue.shift();
        this.#bytes -= bytes;
        yield* this.hand(item);
      }
    } finally {
      this.#end();
    }
  }

  /** What was received, to the consumer. */
  async *hand(item) {
    const transaction = this.transaction(item);
    if (this.#has(transaction)) return;
    if (transaction.changes.length > 0) yield transaction;
    if (this.ack === 'next') await this.acknowledge(transaction);
  }

  /** It came again, after a break while the consumer was at it. */
  #has({ position }) {
    return position && this.position && lsnOf(position) <= lsnOf(this.position);
  }

  /** Everything up to this transaction is done: it does not come again. */
  async acknowledge({ position }) {
    if (!position) return;
    await this.store?.save(position);
    this.position = position;
    this.done?.(position);
  }

  changes(message) {
    const { client } = this;
    return (message.change ?? []).map((c) => ({
      action: c.kind,
      schema: c.schema,
      table: c.table,
      row: c.columnnames && client.row(c.columnnames, c.columntypes, c.columnvalues),
      key: c.oldkeys && client.row(c.oldkeys.keynames, c.oldkeys.keytypes, c.oldkeys.keyvalues),
      ...(c.kind === 'message' ? { prefix: c.prefix, content: c.content } : {}),
    }));
  }
}

const wanted = ({ tables, actions, query }) =>
  ({ ...query, 'add-tables': tables, actions, 'include-timestamp': 1, values: 'string' });

/** Transactions of a slot, in commit order, each until it is acknowledged. Its position is an LSN. */
export class DeltaStream extends Subscription {
  #slot;
  #options;
  holdsBack = true; // the server stops at the window

  constructor(client, slotName, options = {}) {
    super(client, options);
    this.#slot = slotName;
    this.#options = { window: 4 << 20, ...options };
  }

  async connect(signal, works) {
    const { window, publications } = this.#options;
    const query = { slotName: this.#slot, ...wanted(this.#options), window, publication: publications, from: this.position };
    let open = false;
    try {
      return await WAYS.websocket(this.client, 'lr/stream', query, {
        signal,
        opened: (send) => {
          open = true;
          this.#acknowledgeBy(send);
          this.enter('open');
        },
        got: (text) => { works(); this.push(text, text.length); },
      });
    } finally {
      this.done = this.flush = undefined;
      if (!open && !signal.aborted) await this.client.call('ping', { signal }); // says why, if it is the token
    }
  }

  /** The last of some that come together. */
  #acknowledgeBy(send) {
    let newest;
    let timer;
    this.flush = () => {
      clearTimeout(timer);
      timer = undefined;
      if (newest) send(JSON.stringify({ lsn: newest }));
      newest = undefined;
    };
    this.done = (lsn) => {
      newest = lsn;
      timer ??= setTimeout(() => this.flush?.(), ACK_MILLIS);
    };
  }

  transaction(text) {
    const message = JSON.parse(text);
    return { type: 'transaction', position: message.nextlsn, lsn: message.nextlsn, timestamp: message.timestamp, changes: this.changes(message) };
  }
}

/**
 * Transactions of a feed. Its position is the feed's, and valid on all three ways. For `follow`, with
 * `lost`, also `reset`, `row` and `ready`: where there is no position, and where it is lost unless
 * that is to `throw`.
 */
export class DeltaFeed extends Subscription {
  #feed;
  #options;
  #ways;
  #way = 0;
  #passed = false; // the first way was open once
  #token;
  holdsBack = false; // while rows come: letting go would begin them anew

  constructor(client, feed, { ways = ['websocket', 'events', 'pull'], ...options } = {}) {
    super(client, options);
    this.#feed = feed;
    this.#options = options;
    this.#ways = client.WebSocket ? ways : ways.filter((way) => way !== 'websocket');
  }

  async connect(signal, works) {
    const way = this.#ways[this.#way];
    const { columns, rows, linger, lost } = this.#options;
    const after = this.anew ? undefined : this.position;
    const snapshot = lost === 'restart' || (lost && !after) ? 1 : undefined;
    this.holdsBack = false;
    const query = { ...wanted(this.#options), columns, rows, linger, after, snapshot };
    let open = false;
    const opened = () => {
      if (!open) this.enter('open', { way });
      open = true;
      this.#passed ||= this.#way === 0;
    };
    try {
      return await WAYS[way](this.client, `feeds/${encodeURIComponent(this.#feed)}/stream`, query, {
        signal, opened, got: (text, id) => { works(); this.#got(text, id); },
      });
    } catch (e) {
      if (lost !== 'restart' || e.code !== 'must_refetch') throw e;
      this.anew = true; // a pull says it by its status
      return { close: POSITION_LOST, reason: e.reason };
    } finally {
      if (!open && !signal.aborted) this.#way = (this.#way + 1) % this.#ways.length; // the next may pass a proxy
      else if (this.#passed) this.#way = 0;
    }
  }

  #got(text, id) {
    const message = text ? JSON.parse(text) : {};
    const { hello, live, snapshot, 'snapshot-end': end, 'must-refetch': refetch } = message;
    const lsn = end?.lsn ?? message.nextlsn;
    const position = id || (lsn && this.#token && `${this.#token}.${lsn}`);
    if (hello) {
      const { token, start } = hello;
      this.#token = token;
      if (start) this.position ??= token ? `${token}.${start}` : start; // else a break before the first change would lose it
    } else if (refetch) {
      this.anew = this.#options.lost === 'restart'; // rows follow, here or on the next connection
      if (!this.anew) this.problem = new DeltaError(`The position is not in the feed: ${refetch.reason}`, { code: 'must_refetch', close: POSITION_LOST, ...refetch });
    } else if (live) {
      this.enter('live');
    } else {
      const reset = !this.holdsBack && Boolean(snapshot ?? end);
      this.holdsBack = !end && (this.holdsBack || reset);
      this.push({ position, message, reset }, text.length);
    }
  }

  async *hand(item) {
    const { snapshot, 'snapshot-end': end } = item.message;
    if (item.reset) {
      this.anew = false;
      this.position = undefined;
      await this.store?.save(undefined);
      yield { type: 'reset' };
    }
    if (snapshot) {
      const table = this.#name(snapshot);
      for (const row of snapshot.rows) yield { type: 'row', table, row: this.client.typed(row, snapshot.types) };
    } else if (end) {
      await this.acknowledge(item);
      yield { type: 'ready', position: item.position };
    } else {
      yield* super.hand(item);
    }
  }

  /** As the caller has it. */
  #name({ schema, table }) {
    return this.#options.tables?.find((name) => name === table) ?? `${schema}.${table}`;
  }

  transaction({ position, message }) {
    return { type: 'transaction', position, lsn: message.nextlsn, timestamp: message.timestamp, changes: this.changes(message) };
  }
}

/**
 * Rows and then changes as one: `reset`, a `row` for each row, `ready`, then each `transaction`.
 * Where the rows break off, and where the position is lost, it begins anew with `reset`. With
 * `slotName` the slot is this client's alone.
 */
export async function* follow(client, { slotName, feed, tables, store, publications, onLost: lost = 'restart', ...options }) {
  if (feed) {
    const from = (await store?.load()) ?? options.from;
    if (from) yield { type: 'ready', position: from };
    yield* client.feed(feed, { ...options, tables, store, from, lost });
    return;
  }
  const memory = { load: () => memory.position, save: (position) => { memory.position = position; } };
  const kept = store ?? memory;
  for (;;) {
    try {
      let position = await kept.load();
      if (!position) {
        await client.drop(slotName, true).catch((e) => { if (e.code !== 'slot_not_found') throw e; });
        const slot = await client.init({ slotName, publications });
        yield { type: 'reset' };
        for (const table of tables) {
          for await (const row of client.rows(slotName, table, { signal: options.signal })) yield { type: 'row', table, row };
        }
        position = slot.consistentPoint;
        await kept.save(position);
      }
      yield { type: 'ready', position };
      yield* client.stream(slotName, { ...options, tables, publications, store: kept, from: position });
      return;
    } catch (e) {
      if (lost !== 'restart' || !BEGIN_ANEW.includes(e.close)) throw e;
      await kept.save(undefined);
    }
  }
}
