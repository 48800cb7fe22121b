// What is wrong with PostgreSQL, and the SQL that helps. This page runs none.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { LONG, call } from './api.js';
import { many, since } from './format.js';
import { finding } from './parts.js';
import { draw, state } from './state.js';

const KINDS = { error: ['bad', '✖'], warning: ['warn', '▲'], info: ['soft', 'ℹ'] };

/** Asks for an examination; the server keeps one for a minute. */
export async function examine() {
  try {
    state.doctor = await call('doctor', { timeout: LONG });
    state.doctorProblem = null;
  } catch (problem) {
    state.doctorProblem = problem;
  }
  draw();
}

const item = ({ check, severity, subject, message, fix }) => {
  const [kind, symbol] = KINDS[severity];
  return finding({ text: `${check}: ${subject}`, about: html`${message}. ${fix.what} (${fix.who}${fix.restart ? '; restart PostgreSQL afterwards' : ''}).`, sql: fix.sql.map((one) => `${one};`), kind, symbol });
};

export function doctorPage() {
  const { doctor, doctorProblem } = state;
  return html`
    ${doctorProblem ? html`<p class="bad" role="alert">${doctorProblem.message}. ${doctorProblem.hint ?? ''}</p>` : nothing}
    <div class="buttons"><button @click=${examine}>Examine again</button>${doctor ? html`<span class="soft">Examined ${since(doctor.examined)} ago; at most once a minute</span>` : nothing}</div>
    ${doctor ? html`
      <p>${many(doctor.findings.length, 'finding')}; ${many(doctor.passed.length, 'check')} found nothing, ${doctor.skipped.length} ${doctor.skipped.length === 1 ? 'was' : 'were'} skipped.</p>
      <ul class="plain">${doctor.findings.map(item)}</ul>
      ${doctor.skipped.length > 0 ? html`<h2>Skipped</h2><ul>${doctor.skipped.map(({ check, why }) => html`<li>${check}: ${why}</li>`)}</ul>` : nothing}
      <details><summary>Checks that found nothing</summary><p>${doctor.passed.join(', ')}</p></details>` : html`<p>Examining …</p>`}`;
}
