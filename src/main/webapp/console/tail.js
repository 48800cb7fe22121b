// The newest changes, as they come: from a feed, or from a temporary slot that ends with its connection.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { repeat } from './lib/lit-html/3.3.2/directives/repeat.js';
import { base, connect, socketUrl } from './api.js';
import { many } from './format.js';
import { code, copyButton } from './parts.js';
import { draw, mayAct } from './state.js';

const MOST = 500; // lines
const WIDEST = 2000; // characters of a line
const PAUSE = 100; // milliseconds between two draws
const CHOICE = 500; // milliseconds
const ACTIONS = ['insert', 'update', 'delete', 'truncate'];
const TEMPORARY = 'v1/lr/tail';

const tail = {
  source: null, tables: '', actions: new Set(ACTIONS), text: '',
  socket: null, word: 'not connected', kind: 'soft', paused: false,
  lines: [], waiting: [], missed: 0, cut: 0, count: 0, timer: null,
};

const parameters = () => {
  const chosen = new URLSearchParams({ values: 'string' }); // no digit is lost
  if (tail.tables.trim()) chosen.set('add-tables', tail.tables.trim());
  if (tail.actions.size < ACTIONS.length) chosen.set('actions', [...tail.actions].join(','));
  return `?${chosen}`;
};
const path = () => (tail.source === TEMPORARY ? TEMPORARY : `v1/feeds/${tail.source}/stream`) + parameters();

const short = (text) => (text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text);

/** A line for each change of a message; of many the last. */
function lines(text) {
  const message = JSON.parse(text);
  const changes = message.change ?? [];
  tail.cut += Math.max(0, changes.length - MOST);
  return changes.slice(-MOST).map((change) => ({
    key: (tail.count += 1),
    lsn: message.nextlsn ?? '',
    kind: change.kind,
    table: change.table ? `${change.schema}.${change.table}` : change.prefix ?? '',
    values: short(JSON.stringify(change.columnvalues ?? change.oldkeys?.keyvalues ?? change.content ?? '')),
    change,
  }));
}

/** What came since the last draw; of a flood only the newest is read. */
function take() {
  tail.timer = null;
  const fresh = tail.waiting.splice(0);
  const read = fresh.slice(-MOST);
  tail.missed += fresh.length - read.length;
  tail.lines = [...read.flatMap(lines).reverse(), ...tail.lines].slice(0, MOST);
  draw();
}

function receive({ data }) {
  if (!data.startsWith('{"nextlsn"') && !data.startsWith('{"change"')) return; // what a feed says itself
  if (data.endsWith('"change":[]}')) return;
  if (tail.paused) {
    tail.missed += 1;
    return;
  }
  tail.waiting.push(data);
  if (tail.waiting.length > 2 * MOST) tail.missed += tail.waiting.splice(0, MOST).length;
  tail.timer ??= setTimeout(take, PAUSE);
}

function says(word, kind) {
  Object.assign(tail, { word, kind });
  draw();
}

export function leaveTail() {
  clearTimeout(tail.again);
  tail.socket?.close(1000);
  Object.assign(tail, { socket: null, word: 'not connected', kind: 'soft' });
}

function follow() {
  leaveTail();
  let socket;
  try {
    socket = connect(path());
  } catch {
    says('this token has characters that a websocket cannot send', 'bad');
    return;
  }
  let opened = false;
  Object.assign(tail, { socket, paused: false });
  const mine = (action) => (event) => { if (tail.socket === socket) action(event); };
  socket.onopen = mine(() => {
    opened = true;
    says('connected', 'good');
  });
  socket.onmessage = mine(receive);
  socket.onclose = mine(({ code: number, reason }) => {
    tail.socket = null;
    says(opened || reason ? `closed: ${number} ${reason}` : 'refused: look at the tables and actions', 'bad');
  });
  says('connecting', 'warn');
}

function stop() {
  leaveTail();
  draw();
}

/** Another choice is followed in a moment: there may be more. */
function choose(change) {
  change();
  if (tail.socket) {
    clearTimeout(tail.again);
    tail.again = setTimeout(follow, CHOICE);
  }
  draw();
}

const row = (line) => html`<li><span class="soft">${line.lsn}</span> <strong class=${`action-${line.kind}`}>${line.kind}</strong> ${line.table} <span>${line.values}</span></li>`;

const matches = (line) => tail.text === '' || `${line.table} ${line.values}`.toLowerCase().includes(tail.text.toLowerCase());

const form = (feeds) => html`<form class="fields" @submit=${(event) => { event.preventDefault(); follow(); }}>
  <label>From <select @change=${(event) => choose(() => { tail.source = event.target.value; })}>
    ${feeds.map((feed) => html`<option value=${feed.feed} ?selected=${tail.source === feed.feed}>feed ${feed.feed}</option>`)}
    <option value=${TEMPORARY} ?selected=${tail.source === TEMPORARY}>a temporary slot</option></select></label>
  <label>Tables <input .value=${tail.tables} placeholder="*.*" spellcheck="false" @change=${(event) => choose(() => { tail.tables = event.target.value; })}></label>
  <fieldset><legend>Actions</legend>${ACTIONS.map((action) => html`<label><input type="checkbox" .checked=${tail.actions.has(action)}
    @change=${(event) => choose(() => (event.target.checked ? tail.actions.add(action) : tail.actions.delete(action)))}> ${action}</label>`)}</fieldset>
  <input type="submit" hidden><label>Text <input type="search" .value=${tail.text} @input=${(event) => { tail.text = event.target.value; draw(); }}></label></form>`;

const same = () => html`<details><summary>The same in a terminal</summary>${tail.source === TEMPORARY ? nothing
  : code(`curl -N -H 'Accept: text/event-stream' '${new URL(path(), base)}'`, 'the call with curl')}
  ${code(`wscat -c '${socketUrl(path())}'`, 'the call with wscat')}</details>`;

export function tailPage(status) {
  if (!mayAct()) return html`<p>Your token may not see rows.</p>`;
  tail.source ??= status.feeds[0]?.feed ?? TEMPORARY;
  const shown = tail.lines.filter(matches);
  return html`${form(status.feeds)}
    <div class="buttons">
      <button class=${tail.socket ? '' : 'first'} ?disabled=${tail.actions.size === 0} @click=${tail.socket ? stop : follow}>${tail.socket ? 'Stop' : 'Follow'}</button>
      <button aria-pressed=${tail.paused} ?hidden=${!tail.socket} @click=${() => { tail.paused = !tail.paused; draw(); }}>${tail.paused ? 'Go on' : 'Pause'}</button>
      <button @click=${() => { Object.assign(tail, { lines: [], missed: 0, cut: 0 }); draw(); }}>Clear</button>
      ${copyButton(() => shown.map((line) => JSON.stringify(line.change)).join('\n'), 'the changes as JSON')}
      <span class=${tail.kind} role="status">${tail.word}</span></div>
    <p class="soft">${many(shown.length, 'change')}, the newest first${tail.missed > 0 ? `; ${many(tail.missed, 'message')} not shown` : ''}${tail.cut > 0 ? `; ${many(tail.cut, 'change')} of large transactions not shown` : ''}</p>
    <ol class="tail" id="changes" tabindex="0" aria-label="Changes" aria-live="off">${repeat(shown, (line) => line.key, row)}</ol>
    ${same()}`;
}
