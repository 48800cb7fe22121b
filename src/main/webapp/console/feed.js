// One feed: its reader, its window, its subscribers.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { base } from './api.js';
import { bytes, duration, since } from './format.js';
import { acceptGap, dropFeed } from './dialogs.js';
import { feedState, hasLoss } from './judge.js';
import { code, facts, finding, mark, meter } from './parts.js';
import { mayAct, state } from './state.js';

const bad = (text) => finding({ text, sql: [], kind: 'bad', symbol: '✖' });

/** Of a feed in Kafka. */
const log = ({ topic, term, isNearEnd }) => [
  ['Topic', topic], ['Term', term ?? 'not led here'], ['Log', isNearEnd ? 'read to its end' : 'there is more to read'],
];

export function feedPage(name, status) {
  const feed = status.feeds.find((one) => one.feed === name);
  if (!feed) return html`<p>There is no feed ${name} here. <a href="#/">All feeds</a></p>`;
  const rate = state.rates.get(`feed ${name}`);
  const warnings = feed.warnings.map((text) => finding({ text, sql: [] }));
  if (feed.lastFailure) {
    const { code: closed, reason, detail, at } = feed.lastFailure;
    warnings.unshift(bad(`All subscribers were closed ${since(at)} ago: ${closed} ${reason}, ${detail}`));
  }
  if (hasLoss(feed)) warnings.unshift(bad(feed.journal.detail));
  return html`<p class="lead">${mark(feedState(feed))}</p>
    ${facts([
      ['Subscribers', feed.subscribers.toLocaleString('en')], ['Views', feed.views.toLocaleString('en')],
      ['Read', `${bytes(rate?.received)}/s, ${bytes(feed.receivedBytes)} in all`],
      ['Sent', `${bytes(rate?.bytes)}/s, ${bytes(feed.sentBytes)} in all`],
      ['Lag', bytes(feed.lagBytes)],
      ['Window', html`${meter(feed.heldBytes, feed.window.bytes, 'Window')}, ${duration(feed.window.seconds)} at most`],
      ['Position', feed.position], ['Oldest', feed.oldest],
      ...(feed.journal ? log(feed.journal) : []),
      ['Slot', html`<a href=${`#/slot/${feed.slotName}`}>${feed.slotName}</a>`],
      ['Publications', feed.publications.join(', ') || 'the server\'s own'],
    ])}
    ${warnings.length > 0 ? html`<section aria-labelledby="warnings"><h2 id="warnings">Warnings</h2><ul class="plain">${warnings}</ul></section>` : nothing}
    <section aria-labelledby="follow"><h2 id="follow">Follow it</h2><p><a href="#/tail">Look at its changes</a>, or in a terminal:</p>
      ${code(`curl -N -H 'Accept: text/event-stream' ${new URL(`v1/feeds/${name}/stream`, base)}`, 'the call')}</section>
    ${mayAct() ? html`<section aria-labelledby="actions"><h2 id="actions">Actions</h2><div class="buttons">
      ${hasLoss(feed) ? html`<button class="danger" @click=${() => acceptGap(feed)}>Accept the gap…</button>` : nothing}
      <button class="danger" @click=${() => dropFeed(feed)}>Drop…</button></div></section>` : nothing}`;
}
