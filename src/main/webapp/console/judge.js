// How things are: a word, a symbol and a level for each slot and feed, why, and the SQL that helps.

import { bytes, duration, literal, many, since } from './format.js';

const OLD = 60; // seconds after which an open transaction is named

/** The feed that reads the slot, if one does. */
export const feedOf = (slot, status) => status.feeds.find((feed) => feed.slotName === slot.slotName);

const isLost = (slot) => slot.walStatus === 'lost' || slot.invalidationReason;

const share = (slot) => (slot.walLimitBytes ? (slot.retainedWalBytes ?? 0) / slot.walLimitBytes : 0);

/** { level: 0 to 4, symbol, word }; the worst is 4. */
export function slotState(slot) {
  if (isLost(slot)) return { level: 4, symbol: '✖', word: 'lost', kind: 'bad' };
  if (slot.walStatus === 'unreserved') return { level: 3, symbol: '▲', word: 'about to be lost', kind: 'bad' };
  if (['warned', 'held', 'acting'].includes(slot.guard?.state)) return { level: 2, symbol: '▲', word: 'keeps much WAL', kind: 'warn' };
  if (!slot.active) return { level: 1, symbol: '○', word: 'no client', kind: 'warn' };
  return { level: 0, symbol: '●', word: 'streaming', kind: 'good' };
}

/** The worst first; among equals the one that keeps most. */
export const byDanger = (a, b) =>
  slotState(b).level - slotState(a).level || share(b) - share(a)
  || (b.retainedWalBytes ?? 0) - (a.retainedWalBytes ?? 0) || a.slotName.localeCompare(b.slotName);

const FEED_KINDS = { streaming: 'good', leading: 'good', following: 'good', failed: 'bad', journal_lost: 'bad', diverged: 'bad' };
const SYMBOLS = { good: '●', warn: '○', bad: '✖' };

/** Whether an operator has to decide how its log in Kafka goes on. */
export const hasLoss = (feed) => ['journal_lost', 'diverged'].includes(feed.state);

export function feedState(feed) {
  const kind = FEED_KINDS[feed.state] ?? 'warn';
  return { word: feed.state.replaceAll('_', ' '), kind, symbol: SYMBOLS[kind] };
}

const keeps = (slot) =>
  `${slot.slotName} keeps ${bytes(slot.retainedWalBytes)}${slot.walLimitBytes ? ` of ${bytes(slot.walLimitBytes)}` : ''} of WAL`;

/** What an operator should know first, in one sentence. */
export function sentence({ status, problem }) {
  if (problem) return { kind: 'bad', text: `${problem.message}. ${problem.hint ?? ''}` };
  if (!status) return { kind: '', text: 'Asking the server …' };
  if (status.stale) return { kind: 'bad', text: `PostgreSQL does not answer. This is how it was ${since(status.asOf)} ago.` };
  const sorted = [...status.slots].sort(byDanger);
  const lost = sorted.filter(isLost);
  if (lost.length > 0) {
    return { kind: 'bad', text: `${lost.length === 1 ? `${lost[0].slotName} is lost` : `${many(lost.length, 'slot')} are lost`}: drop it, init again and read the snapshot.` };
  }
  const [worst] = sorted;
  const full = worst?.guard?.fullInSeconds;
  if (worst && slotState(worst).level >= 2) {
    return { kind: 'bad', text: `${keeps(worst)}${full == null ? '' : `; the limit is reached in ${duration(full)} at this rate`}.` };
  }
  const lossy = status.feeds.find(hasLoss);
  if (lossy) return { kind: 'bad', text: `Feed ${lossy.feed} stands still: ${lossy.journal.detail}.` };
  const failed = status.feeds.find((feed) => feed.state === 'failed');
  if (failed) return { kind: 'bad', text: `Feed ${failed.feed} has failed: ${failed.lastFailure?.detail ?? 'the log says why'}.` };
  if (status.doctor?.errors > 0) return { kind: 'bad', text: `The doctor found ${many(status.doctor.errors, 'error')}.` };
  const idle = sorted.filter((slot) => !slot.active);
  if (idle.length > 0) {
    const most = idle.reduce((a, b) => ((b.retainedWalBytes ?? 0) > (a.retainedWalBytes ?? 0) ? b : a));
    return { kind: 'warn', text: `${idle.length} of ${many(sorted.length, 'slot')} ${idle.length === 1 ? 'has' : 'have'} no client; ${keeps(most)}.` };
  }
  if (sorted.length === 0) return { kind: 'good', text: 'There is no slot yet.' };
  return { kind: 'good', text: `All is well: ${many(sorted.length, 'slot')}, ${many(status.server.streams, 'stream')}, ${many(status.feeds.length, 'feed')}.` };
}

/** Why the slot keeps WAL, and what helps: [{ text, sql, kind, symbol }]. */
export function reasons(slot, status) {
  const found = [];
  const drop = `SELECT pg_drop_replication_slot(${literal(slot.slotName)});`;
  if (isLost(slot)) {
    found.push({ text: `PostgreSQL has removed WAL that the slot needs${slot.invalidationReason ? ` (${slot.invalidationReason})` : ''}. It cannot be streamed any more.`, sql: [drop] });
    return found;
  }
  if (!slot.active) {
    found.push({ text: `Nobody has streamed it for ${since(slot.inactiveSince)}. It keeps WAL until its client comes back, or until it is dropped.`, sql: [drop] });
  }
  const oldest = status.upstream.oldestTransaction;
  const behind = (slot.retainedWalBytes ?? 0) - (slot.lagBytes ?? 0);
  if (oldest?.seconds > OLD && behind > (slot.lagBytes ?? 0)) {
    found.push({
      text: `A transaction of process ${oldest.process} has been open for ${duration(oldest.seconds)}: no slot moves past its begin.`,
      sql: [`SELECT pid, usename, state, query FROM pg_stat_activity WHERE pid = ${Number(oldest.process)};`, `SELECT pg_terminate_backend(${Number(oldest.process)});`],
    });
  }
  if (status.upstream.oldestPreparedSeconds > OLD) {
    found.push({ text: `A prepared transaction has waited for ${duration(status.upstream.oldestPreparedSeconds)}.`, sql: ['SELECT gid, prepared, owner, database FROM pg_prepared_xacts ORDER BY prepared;'] });
  }
  if (slot.snapshot.state === 'open') {
    found.push({ text: `Its snapshot is open: vacuum cannot remove the dead rows of ${many(slot.snapshot.xidsHeld, 'transaction')}.`, sql: [], kind: 'soft', symbol: 'ℹ' });
  }
  return found;
}
