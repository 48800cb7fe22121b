// What the pages show, and when they are drawn.

const POINTS = 600; // ten minutes, at one a second

export const state = {
  status: null, // the last answer of v1/status
  problem: null, // why the last call failed
  doctor: null,
  about: null,
  route: ['overview', ''],
  history: new Map(), // of slots, by name: { times, lag, kept, limit }
  rates: new Map(), // of slots and feeds, by name: numbers a second
  dialog: null, // what is asked: 'token', or { title, text, confirm, word, act }
  notice: '', // what an action did
};

let paint = () => {};
let due = false;

/** The function that draws everything. */
export function drawnBy(painter) {
  paint = painter;
}

/** Draws in the next frame, once. */
export function draw() {
  if (!due) {
    due = true;
    requestAnimationFrame(() => {
      due = false;
      paint();
    });
  }
}

/** A token that may only look is not offered what it may not do. */
export const mayAct = () => state.about?.may === 'act';

const former = new Map(); // counters of the last answer, by name

/** So much more a second than at the last answer; undefined for the first. */
function rate(name, counter, at) {
  const before = former.get(name);
  former.set(name, { counter, at });
  const seconds = before ? (at - before.at) / 1000 : 0;
  return before && counter >= before.counter && seconds > 0 ? (counter - before.counter) / seconds : undefined;
}

function remember(slot, at) {
  const past = state.history.get(slot.slotName) ?? { times: [], lag: [], kept: [], limit: [] };
  const add = (list, value) => {
    list.push(value);
    if (list.length > POINTS) list.shift();
  };
  add(past.times, at / 1000);
  add(past.lag, slot.lagBytes ?? null);
  add(past.kept, slot.retainedWalBytes ?? null);
  add(past.limit, slot.walLimitBytes ?? null);
  state.history.set(slot.slotName, past);
}

/** Takes an answer of v1/status. */
export function take(status) {
  const at = Date.now();
  state.status = status;
  if (!status.stale) {
    status.slots.forEach((slot) => remember(slot, at));
  }
  for (const stream of status.streams) {
    state.rates.set(stream.slotName, {
      changes: rate(`${stream.slotName} changes`, stream.changes, at),
      bytes: rate(`${stream.slotName} bytes`, stream.sentBytes, at),
    });
  }
  for (const feed of status.feeds) {
    state.rates.set(`feed ${feed.feed}`, {
      received: rate(`${feed.feed} received`, feed.receivedBytes, at),
      bytes: rate(`${feed.feed} sent`, feed.sentBytes, at),
    });
  }
  const there = new Set(status.slots.map((slot) => slot.slotName));
  for (const name of state.history.keys()) {
    if (!there.has(name)) state.history.delete(name);
  }
}
