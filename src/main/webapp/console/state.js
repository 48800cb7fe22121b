// What the pages show, and when they are drawn.

const MINUTES = 10 * 60; // ten, in seconds

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

let former = new Map(); // counters of the last answer, by name
let latest = new Map(); // of this one

/** So much more a second than at the last answer; undefined for the first. */
function rate(name, counter, at) {
  const before = former.get(name);
  latest.set(name, { counter, at });
  const seconds = before ? (at - before.at) / 1000 : 0;
  return before && counter >= before.counter && seconds > 0 ? (counter - before.counter) / seconds : undefined;
}

function remember(slot, at) {
  const past = state.history.get(slot.slotName) ?? { times: [], lag: [], kept: [], limit: [] };
  past.times.push(at / 1000);
  past.lag.push(slot.lagBytes ?? null);
  past.kept.push(slot.retainedWalBytes ?? null);
  past.limit.push(slot.walLimitBytes ?? null);
  while (past.times[0] < at / 1000 - MINUTES) {
    Object.values(past).forEach((list) => list.shift());
  }
  state.history.set(slot.slotName, past);
}

function forgetGone(map, names) {
  const there = new Set(names);
  for (const name of map.keys()) {
    if (!there.has(name)) map.delete(name);
  }
}

/** Takes an answer of v1/status. */
export function take(status) {
  const at = Date.now();
  former = latest;
  latest = new Map();
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
  forgetGone(state.history, status.slots.map((slot) => slot.slotName));
  forgetGone(state.rates, [...status.streams.map((one) => one.slotName), ...status.feeds.map((one) => `feed ${one.feed}`)]);
}
