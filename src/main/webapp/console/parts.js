// What several pages are made of.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { draw, state } from './state.js';
import { bytes } from './format.js';

/** Said by a symbol, a word and a colour: never by colour alone. */
export const mark = ({ symbol, word, kind }) => html`<span class=${kind}><span aria-hidden="true">${symbol}</span> ${word}</span>`;

/** How much of a limit is used; only the number where there is no limit. */
export const meter = (used, limit, label) => (limit
  ? html`<span class="nowrap">${bytes(used)} of ${bytes(limit)}</span> <meter aria-label=${label} min="0" max=${limit} high=${limit * 0.8} low=${limit * 0.5} optimum="0" value=${used ?? 0}></meter>`
  : html`${bytes(used)}`);

/** A few numbers as a line. */
export function sparkline(values) {
  const known = values.filter((value) => value != null);
  if (known.length < 2) return nothing;
  const most = Math.max(...known, 1);
  const points = known.map((value, i) => `${((i / (known.length - 1)) * 100).toFixed(1)},${(19 - (value / most) * 18).toFixed(1)}`);
  return html`<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true"><polyline points=${points.join(' ')}></polyline></svg>`;
}

/** Puts a text on the clipboard; a page that came without TLS may only do so the old way. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    state.notice = 'Copied.';
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    state.notice = document.execCommand('copy') ? 'Copied.' : 'This browser does not let the page copy: select the text.';
    area.remove();
  }
  draw();
}

/** The text, or a function that makes it, is copied. */
export const copyButton = (text, what) => html`<button type="button" aria-label=${`Copy ${what}`}
  @click=${(event) => { copy(typeof text === 'function' ? text() : text); event.currentTarget.focus(); }}>Copy</button>`;

/** Something to run elsewhere: this page runs no SQL. */
export const code = (text, what) => html`<div class="code"><pre tabindex="0" role="group" aria-label=${what}>${text}</pre>${copyButton(text, what)}</div>`;

/** A finding: what is so, and the SQL that helps. */
export const finding = ({ text, sql, kind = 'warn', symbol = '▲', about = '' }) => html`<li class="card">
  <p class=${kind}><span aria-hidden="true">${symbol}</span> ${text}</p>${about ? html`<p>${about}</p>` : nothing}
  ${sql.length > 0 ? code(sql.join('\n'), 'the SQL') : nothing}</li>`;

/** Names and values. */
export const facts = (pairs) => html`<dl class="facts">${pairs
  .filter(([, value]) => value != null)
  .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
