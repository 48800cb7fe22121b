// All slots and feeds, the most dangerous first.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { repeat } from './lib/lit-html/3.3.2/directives/repeat.js';
import { base } from './api.js';
import { bytes, perSecond, since } from './format.js';
import { byDanger, feedOf, feedState, slotState } from './judge.js';
import { code, facts, mark, meter, sparkline } from './parts.js';
import { state } from './state.js';

function client(slot, status) {
  const feed = feedOf(slot, status);
  if (feed) return html`<a href=${`#/feed/${feed.feed}`}>feed ${feed.feed}</a>`;
  if (slot.client) return slot.client.address;
  return slot.active ? 'another server' : slot.inactiveSince ? `none for ${since(slot.inactiveSince)}` : 'none';
}

let order = [];

/** By danger; as before while the keyboard is in the table, so that no row moves away from it. */
function sorted(slots) {
  const byName = new Map(slots.map((slot) => [slot.slotName, slot]));
  const stays = document.activeElement?.closest('table') && order.length === slots.length && order.every((name) => byName.has(name));
  order = stays ? order : [...slots].sort(byDanger).map((slot) => slot.slotName);
  return order.map((name) => byName.get(name));
}

const slotRow = (slot, status) => html`<tr>
  <th scope="row" data-label="Slot"><a href=${`#/slot/${slot.slotName}`}>${slot.slotName}</a></th>
  <td data-label="State">${mark(slotState(slot))}</td>
  <td data-label="Client">${client(slot, status)}</td>
  <td data-label="Lag" class="number">${bytes(slot.lagBytes)}</td>
  <td data-label="WAL kept" class="number">${meter(slot.retainedWalBytes, slot.walLimitBytes, `WAL kept for ${slot.slotName}`)}</td>
  <td data-label="10 minutes" class="optional">${sparkline(state.history.get(slot.slotName)?.kept ?? [])}</td>
  <td data-label="Changes" class="number">${perSecond(state.rates.get(slot.slotName)?.changes)}</td></tr>`;

const feedRow = (feed) => html`<tr>
  <th scope="row" data-label="Feed"><a href=${`#/feed/${feed.feed}`}>${feed.feed}</a></th>
  <td data-label="State">${mark(feedState(feed))}</td>
  <td data-label="Subscribers" class="number">${feed.subscribers.toLocaleString('en')}</td>
  <td data-label="Views" class="number">${feed.views.toLocaleString('en')}</td>
  <td data-label="Lag" class="number">${bytes(feed.lagBytes)}</td>
  <td data-label="Window" class="number">${meter(feed.heldBytes, feed.window.bytes, `Window of ${feed.feed}`)}</td>
  <td data-label="Sent" class="number">${bytes(state.rates.get(`feed ${feed.feed}`)?.bytes)}/s</td></tr>`;

const table = (caption, heads, rows) => html`<section aria-label=${caption}><h2>${caption}</h2><table class="cards">
  <thead><tr>${heads.map(([name, kind]) => html`<th scope="col" class=${kind ?? ''}>${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></section>`;

const SLOTS = [['Slot'], ['State'], ['Client'], ['Lag', 'number'], ['WAL kept', 'number'], ['10 minutes'], ['Changes', 'number']];
const FEEDS = [['Feed'], ['State'], ['Subscribers', 'number'], ['Views', 'number'], ['Lag', 'number'], ['Window', 'number'], ['Sent', 'number']];

export function overview(status) {
  const { server, upstream } = status;
  const slots = sorted(status.slots);
  return html`
    ${slots.length > 0
      ? table('Slots', SLOTS, repeat(slots, (slot) => slot.slotName, (slot) => slotRow(slot, status)))
      : html`<section aria-label="Slots"><h2>Slots</h2><p>A slot keeps a client's place. Make one:</p>${code(`curl ${new URL('v1/init', base)}`, 'the call')}</section>`}
    ${status.feeds.length > 0
      ? table('Feeds', FEEDS, repeat(status.feeds, (feed) => feed.feed, feedRow))
      : nothing}
    <section aria-label="Server"><h2>Server</h2>${facts([
      ['Node', server.node], ['Running for', since(server.started)],
      ['Streams', `${server.streams} of ${server.streamsLimit}`],
      ['Subscribers', `${server.subscribers.toLocaleString('en')} of ${server.subscribersLimit.toLocaleString('en')}`],
      ['PostgreSQL', `${upstream.version}${upstream.standby ? ', a standby' : ''}`],
      ['WAL', upstream.walPosition],
      ['Written', upstream.walBytesPerSecond == null ? null : `${bytes(upstream.walBytesPerSecond)}/s`],
      ['Limit of a slot', upstream.walLimitBytes ? bytes(upstream.walLimitBytes) : 'none: a slot without a client fills the disk'],
      ['Slots used', `${upstream.slots} of ${upstream.slotsLimit}`],
      ['Walsenders', `${upstream.walsenders} of ${upstream.walsendersLimit}`],
      ['Guard', status.guard.rules + (status.guard.dryRun ? ' (dry run)' : '')],
      ['Doctor', status.doctor ? html`<a href="#/doctor">${status.doctor.errors} errors, ${status.doctor.warnings} warnings</a>` : null],
    ])}</section>`;
}
