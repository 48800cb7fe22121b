// One slot: how it was in the last ten minutes, its client, why it keeps WAL, what to do.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { bytes, many, perSecond, since, time, until } from './format.js';
import { advanceSlot, closeClient, dropSlot } from './dialogs.js';
import { feedOf, reasons, slotState } from './judge.js';
import { facts, finding, mark, meter } from './parts.js';
import { mayAct, state } from './state.js';

function phases(stream) {
  const all = [['waiting for PostgreSQL', stream.waitSeconds], ['decoding', stream.decodeSeconds], ['sending to the client', stream.sendSeconds]];
  const sum = all.reduce((total, [, seconds]) => total + seconds, 0) || 1;
  return html`<section aria-labelledby="where"><h2 id="where">Where its time goes</h2>${facts(all.map(([name, seconds]) => {
    const share = Math.round((seconds / sum) * 100);
    return [name, html`${share} % <meter aria-label=${name} min="0" max="100" value=${share}></meter>`];
  }))}</section>`;
}

const read = (one) => {
  const table = `${one.schema ? `${one.schema}.` : ''}${one.table}${one.part ? ` part ${one.part}` : ''}`;
  const share = one.estimatedRows > 0 ? Math.min(99, Math.floor((one.rows / one.estimatedRows) * 100)) : null; // an estimate
  return html`<li>${table}: ${many(one.rows, 'row')}, ${bytes(one.bytes)}${share == null ? nothing : html`, about ${share} %
    <progress aria-label=${`Reading ${table}`} max="100" value=${share}></progress>`}</li>`;
};

const snapshot = (slot, status) => {
  const open = status.snapshots.find((one) => one.slotName === slot.slotName);
  return html`<section aria-labelledby="snapshot"><h2 id="snapshot">Snapshot</h2>${open
    ? html`<p>Open; its lease ends in ${until(open.expires)}.</p>${open.reads.length > 0 ? html`<ul>${open.reads.map(read)}</ul>` : nothing}`
    : html`<p>Closed.</p>`}</section>`;
};

const actions = (slot) => html`<section aria-labelledby="actions"><h2 id="actions">Actions</h2><div class="buttons">
  ${slot.client ? html`<button @click=${() => closeClient(slot)}>Close its client…</button>` : nothing}
  ${slot.active ? nothing : html`<button class="danger" @click=${() => advanceSlot(slot, bytes)}>Advance to now…</button>`}
  <button class="danger" @click=${() => dropSlot(slot)}>Drop…</button></div></section>`;

const findings = (slot, status) => {
  const doctors = (state.doctor?.findings ?? [])
    .filter((one) => one.subject === `slot ${slot.slotName}`)
    .map((one) => finding({ text: one.message, about: one.fix.what, sql: one.fix.sql, kind: one.severity === 'error' ? 'bad' : 'warn' }));
  const all = [
    ...reasons(slot, status).map((one) => finding(one)),
    ...slot.warnings.map((text) => finding({ text, sql: [] })),
    ...doctors,
  ];
  return html`<section aria-labelledby="why"><h2 id="why">Why, and what helps</h2>${all.length > 0
    ? html`<ul class="plain">${all}</ul>` : html`<p>Nothing is wrong with this slot.</p>`}</section>`;
};

const lastClose = ({ code, reason, by, at }) => `${code} ${reason}${by ? `, by the ${by}` : ''}, ${since(at)} ago`;

export function slotPage(name, status) {
  const slot = status.slots.find((one) => one.slotName === name);
  if (!slot) return html`<p>There is no slot ${name} any more. <a href="#/">All slots</a></p>`;
  const feed = feedOf(slot, status);
  const stream = status.streams.find((one) => one.slotName === name);
  const rate = state.rates.get(name);
  return html`<p class="lead">${mark(slotState(slot))}</p>
    ${facts([
      ['WAL kept', meter(slot.retainedWalBytes, slot.walLimitBytes, 'WAL kept')],
      ['Lag', bytes(slot.lagBytes)],
      ['Full in', slot.guard?.fullInSeconds == null ? null : `${until(new Date(Date.now() + slot.guard.fullInSeconds * 1000).toISOString())} at this rate`],
      ['Client', feed ? html`<a href=${`#/feed/${feed.feed}`}>feed ${feed.feed}</a>`
        : slot.client ? `${slot.client.address}, for ${since(slot.client.since)}` : slot.active ? 'another server or program' : 'none'],
      ['Last close', slot.lastClose ? lastClose(slot.lastClose) : null],
      ['Changes', stream ? `${perSecond(rate?.changes)}, ${stream.changes.toLocaleString('en')} in all` : null],
      ['Sent', stream ? `${bytes(rate?.bytes)}/s, ${bytes(stream.sentBytes)} in all` : null],
      ['Last acknowledged', stream?.lastAcknowledged ? `${time(stream.lastAcknowledged)}` : null],
      ['Not acknowledged', stream?.unacknowledgedTransactions == null ? null
        : `${many(stream.unacknowledgedTransactions, 'transaction')}, ${bytes(stream.unacknowledgedBytes)}`],
      ['Confirmed position', slot.confirmedFlushLsn], ['Restart position', slot.restartLsn],
      ['Plugin', slot.plugin], ['Publications', slot.publications.join(', ') || null],
      ['WAL status', slot.walStatus], ['Spilled to disk', slot.spilledBytes ? bytes(slot.spilledBytes) : null],
    ])}
    <section aria-labelledby="minutes"><h2 id="minutes">The last ten minutes</h2>
      <div id="chart" class="chart" role="img" aria-label=${`WAL kept, now ${bytes(slot.retainedWalBytes)}, and lag, now ${bytes(slot.lagBytes)}`}></div></section>
    ${findings(slot, status)}
    ${stream && !feed ? phases(stream) : nothing}
    ${feed ? nothing : snapshot(slot, status)}
    ${mayAct() && !feed ? actions(slot) : nothing}`;
}
