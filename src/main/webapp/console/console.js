// Asks the server once a second how things are, and draws the page that the address names.

import { html, nothing, render } from './lib/lit-html/3.3.2/lit-html.js';
import { aboutPage } from './about.js';
import { call } from './api.js';
import { drawChart } from './chart.js';
import { dialog, showDialog } from './dialogs.js';
import { doctorPage, examine } from './doctor.js';
import { feedPage } from './feed.js';
import { time } from './format.js';
import { sentence } from './judge.js';
import { overview } from './overview.js';
import { slotPage } from './slot.js';
import { draw, drawnBy, state, take } from './state.js';
import { leaveTail, tailPage } from './tail.js';

const OFTEN = 1000;
const SELDOM = 10000; // nobody looks
const FRESH = 60000; // of the doctor's findings

const PAGES = {
  overview: { title: () => 'Overview', body: (_, status) => overview(status) },
  slot: { title: (name) => name, body: slotPage },
  feed: { title: (name) => `Feed ${name}`, body: feedPage },
  tail: { title: () => 'Tail', body: (_, status) => tailPage(status) },
  doctor: { title: () => 'Doctor', body: doctorPage, alone: true },
  about: { title: () => 'About', body: aboutPage, alone: true },
};
const MENU = [['overview', '#/', 'Overview'], ['tail', '#/tail', 'Tail'], ['doctor', '#/doctor', 'Doctor'], ['about', '#/about', 'About']];

const SAID = { good: 'All is well', warn: 'Something keeps WAL', bad: 'Something is wrong' }; // without numbers: not each second

let timer;
let examined = 0;

const menu = (page) => html`<nav aria-label="Pages"><ul>${MENU.map(([name, address, title]) => html`<li>
  <a href=${address} aria-current=${name === page ? 'page' : nothing}>${title}</a></li>`)}</ul></nav>`;

function paint() {
  const [name, about] = state.route;
  const page = PAGES[name];
  const { kind, text } = sentence(state);
  render(html`<a class="skip" href="#main" @click=${toMain}>To the content</a>
    <header><p class="brand">PG Delta Stream</p>${menu(name)}</header>
    <main id="main" tabindex="-1"><h1 tabindex="-1">${page.title(about)}</h1>
      <p class=${`sentence ${kind}`} ?hidden=${name !== 'overview' && kind !== 'bad'}>${text}
        ${state.problem?.status === 401 ? html`<button @click=${askForToken}>Give a token</button>` : nothing}</p>
      <p class="skip" role="status">${SAID[kind]}</p>
      ${state.notice ? html`<p class="notice" role="alert">${state.notice} <button @click=${forget}>Close</button></p>` : nothing}
      ${state.status || page.alone ? page.body(about, state.status) : nothing}
      <footer class="soft">${state.status ? `As of ${time(state.status.asOf)}` : nothing}</footer></main>
    ${dialog(begin)}`, document.getElementById('app'));
  showDialog();
  if (name === 'slot') drawChart(about);
}

function toMain(event) {
  event.preventDefault(); // the address says which page is shown
  document.getElementById('main').focus();
}

function forget() {
  state.notice = '';
  draw();
  document.querySelector('h1').focus();
}

function askForToken() {
  state.dialog = 'token';
  draw();
}

function route() {
  const [, name, about = ''] = /^#\/([a-z]*)\/?([a-z0-9_]*)$/.exec(location.hash) ?? [];
  const page = PAGES[name] ? name : 'overview';
  const changed = state.route[0] !== page || state.route[1] !== about;
  if (state.route[0] === 'tail' && page !== 'tail') leaveTail();
  state.route = [page, about];
  document.title = `${PAGES[page].title(about)} – PG Delta Stream`;
  paint();
  if (changed) document.querySelector('h1').focus();
  examineOnce();
}

/** Where findings are shown, once it is known that the server answers us. */
function examineOnce() {
  if (state.about && ['doctor', 'slot'].includes(state.route[0]) && Date.now() - examined > FRESH) {
    examined = Date.now();
    examine();
  }
}

async function poll() {
  clearTimeout(timer);
  try {
    if (!state.about) state.about = await call('about');
    take(await call('status'));
    state.problem = null;
    examineOnce();
  } catch (problem) {
    state.problem = problem.status ? problem : { message: 'This server does not answer', hint: 'It is asked again.' };
    if (problem.status === 401) {
      state.about = null;
      askForToken();
      return; // until there is one
    }
  }
  draw();
  timer = setTimeout(poll, document.hidden ? SELDOM : OFTEN);
}

/** Asks anew, with the token that was told. */
function begin() {
  poll();
}

drawnBy(paint);
addEventListener('hashchange', route);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && state.dialog !== 'token') poll();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
addEventListener('resize', draw);
route();
poll();
