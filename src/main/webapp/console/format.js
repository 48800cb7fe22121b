// Numbers and times in words.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** 1536 is "1.5 kB"; what is not known is a dash. */
export function bytes(number) {
  if (number == null || Number.isNaN(number)) return '–';
  let value = number;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit > 0 && Math.abs(value) < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** 7322 seconds are "2 h". */
export function duration(seconds) {
  if (seconds == null || Number.isNaN(seconds)) return '–';
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

/** How long ago a moment was. */
export const since = (instant) => (instant ? duration((Date.now() - Date.parse(instant)) / 1000) : '–');

/** How long it is until a moment. */
export const until = (instant) => (instant ? duration((Date.parse(instant) - Date.now()) / 1000) : '–');

/** Of a count a second. */
export function perSecond(number) {
  if (number == null) return '–';
  return `${number < 10 ? number.toFixed(1).replace('.0', '') : Math.round(number).toLocaleString('en')}/s`;
}

export const many = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** For SQL: a string's constant. */
export const literal = (text) => `'${text.replaceAll("'", "''")}'`;

export const time = (instant) => (instant ? new Date(instant).toLocaleTimeString('en-GB') : '–');
