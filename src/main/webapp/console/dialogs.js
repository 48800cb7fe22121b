// Questions: the token, and whether to do what cannot be undone.

import { html, nothing } from './lib/lit-html/3.3.2/lit-html.js';
import { LONG, call, keepToken, post, token } from './api.js';
import { draw, state } from './state.js';

function close() {
  state.dialog = null;
  draw();
}

const field = (event, name) => event.target.elements.namedItem(name).value;

/** Opens a dialog that asks before something is done. */
export function ask(question) {
  state.dialog = question;
  draw();
}

async function act(event) {
  event.preventDefault();
  const { word, confirm, act: action } = state.dialog;
  if (word && field(event, 'word') !== word) {
    state.dialog.refused = `That is not ${word}`;
    draw();
    return;
  }
  event.target.closest('dialog').close();
  try {
    state.notice = await action();
  } catch (problem) {
    state.notice = `${confirm}: ${problem.message}. ${problem.hint ?? ''}`;
  }
  draw();
}

const confirmation = ({ title, text, confirm, word, danger, refused }) => html`
  <dialog aria-labelledby="question" @close=${close}><h2 id="question">${title}</h2><p>${text}</p>
  <form method="dialog" @submit=${act}>
    ${word ? html`<p><label>Type <strong>${word}</strong> to go on<br><input name="word" autocomplete="off" spellcheck="false"></label></p>` : nothing}
    ${refused ? html`<p class="bad" role="alert">${refused}</p>` : nothing}
    <div class="buttons"><button type="button" autofocus @click=${(event) => event.target.closest('dialog').close()}>Cancel</button>
      <button class=${danger ? 'danger' : ''}>${confirm}</button></div></form></dialog>`;

const tokenQuestion = (go) => html`<dialog aria-labelledby="ask" @close=${close}><h2 id="ask">Token</h2>
  <form method="dialog" @submit=${(event) => { keepToken(field(event, 'token').trim()); go(); }}>
    ${token() ? html`<p class="bad" role="alert">That token is not valid here.</p>` : nothing}
    <p><label>This server wants a token. It is kept for this tab only.<br>
      <input name="token" type="password" autocomplete="off" required autofocus pattern="\\s*[!-~]+\\s*" title="ASCII without blanks"></label></p>
    <div class="buttons"><button>Go on</button> <button type="button" @click=${(event) => event.target.closest('dialog').close()}>Cancel</button></div></form></dialog>`;

/** The open dialog; what comes after a token is told. */
export function dialog(go) {
  if (!state.dialog) return nothing;
  return state.dialog === 'token' ? tokenQuestion(go) : confirmation(state.dialog);
}

/** Once drawn, it is shown above all. */
export function showDialog() {
  const one = document.querySelector('dialog');
  if (one && !one.open) one.showModal();
}

/** Clients are closed only where the question said so. */
const force = (said) => (said ? '?force=true' : '');

export function dropSlot(slot) {
  const hasClient = slot.active || slot.snapshot.state === 'open';
  ask({
    title: `Drop ${slot.slotName}?`,
    text: 'The slot and its position are gone for ever. Its client has to init again and read the snapshot.',
    confirm: `Drop ${slot.slotName}`,
    word: hasClient ? slot.slotName : '',
    danger: true,
    act: async () => {
      await call(`slots/${slot.slotName}${force(hasClient)}`, { method: 'DELETE', timeout: LONG });
      location.hash = '#/';
      return `${slot.slotName} was dropped.`;
    },
  });
}

export const closeClient = (slot) => ask({
  title: `Close the client of ${slot.slotName}?`,
  text: 'The client is closed with 4008. It may come back, and goes on where it was.',
  confirm: `Close the client of ${slot.slotName}`,
  act: async () => {
    await post(`slots/${slot.slotName}/close`);
    return `The client of ${slot.slotName} was closed.`;
  },
});

export const advanceSlot = (slot, freed) => ask({
  title: `Advance ${slot.slotName} to now?`,
  text: 'All changes up to now are lost to its client. It is told so, and has to read the rows again.',
  confirm: `Advance ${slot.slotName}`,
  word: slot.slotName,
  danger: true,
  act: async () => {
    const moved = await post(`slots/${slot.slotName}/advance`, { to: 'now' });
    return `${slot.slotName} went from ${moved.from} to ${moved.confirmedFlushLsn}; PostgreSQL keeps ${freed(moved.freedWalBytes)} less.`;
  },
});

export const acceptGap = (feed) => ask({
  title: `Go on with feed ${feed.feed}?`,
  text: `${feed.journal.detail}. Clients that miss it are told, and have to read the rows again.`,
  confirm: `Go on with feed ${feed.feed}`,
  word: feed.feed,
  danger: true,
  act: async () => {
    await post(`feeds/${feed.feed}/accept-gap`);
    return `Feed ${feed.feed} goes on.`;
  },
});

export const dropFeed = (feed) => ask({
  title: `Drop feed ${feed.feed}?`,
  text: `The feed and its slot are gone, and its ${feed.subscribers} subscribers are closed.`,
  confirm: `Drop feed ${feed.feed}`,
  word: feed.feed,
  danger: true,
  act: async () => {
    await call(`feeds/${feed.feed}?force=true`, { method: 'DELETE', timeout: LONG });
    location.hash = '#/';
    return `Feed ${feed.feed} was dropped.`;
  },
});
