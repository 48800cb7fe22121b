// Which program this is, and how it is set up. Secrets are not shown.

import { html } from './lib/lit-html/3.3.2/lit-html.js';
import { facts } from './parts.js';
import { state } from './state.js';

export function aboutPage() {
  const { about } = state;
  if (!about) return html`<p>Asking the server …</p>`;
  return html`${facts([['Version', about.version], ['Java', about.java], ['Container', about.container]])}
    <section aria-label="Descriptions"><h2>For programs</h2><p>The calls are described in <a href="v1/openapi.json">OpenAPI</a>,
      the websockets in <a href="v1/asyncapi.json">AsyncAPI</a>.</p></section>
    <section aria-label="Settings"><h2>Settings</h2><table class="cards"><thead><tr><th scope="col">Setting</th><th scope="col">Value</th></tr></thead>
    <tbody>${Object.entries(about.settings).map(([name, value]) => html`<tr><th scope="row" data-label="Setting">${name}</th><td data-label="Value">${value || '–'}</td></tr>`)}</tbody></table></section>`;
}
