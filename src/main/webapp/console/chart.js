// A slot's last ten minutes. uPlot draws on a canvas of its own, which is moved into its place.

import { bytes } from './format.js';
import { state } from './state.js';

const HEIGHT = 200;
const KIB = 1024;
const SECONDS = [1, 5, 15, 30, 60, 120, 300]; // between two times on the axis
const shown = { key: '', place: null, plot: null };
let uPlot; // only who looks at a slot needs it

function plot(place, data, colour) {
  const clock = (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString('en-GB'));
  const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  return new uPlot({
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { y: false },
    legend: { show: true, live: false },
    axes: [{ ...axis, values: clock, incrs: SECONDS, space: 80 }, { ...axis, size: 64, values: (_, ticks) => ticks.map(bytes) }],
    scales: { y: { range: (_, least, most) => [0, Math.max(most, KIB)] } },
    series: [
      {},
      { label: 'WAL kept', stroke: colour('--accent'), width: 2, points: { show: false } },
      { label: 'Lag', stroke: colour('--warn'), width: 2, dash: [6, 3], points: { show: false } },
      { label: 'Limit', stroke: colour('--bad'), width: 1, dash: [2, 3], points: { show: false } },
    ],
  }, data, place);
}

/** Draws the chart of a slot where the page has a place for it. */
export async function drawChart(slot) {
  uPlot ??= (await import('./lib/uplot/1.6.30/dist/uPlot.esm.js')).default;
  const place = document.getElementById('chart');
  const past = state.history.get(slot);
  if (!place || !past) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name);
  const data = [past.times, past.kept, past.lag, past.limit];
  const key = `${slot} ${colour('--soft')}`; // its colours are set when it is made
  if (shown.key !== key || shown.place !== place) {
    shown.plot?.destroy();
    Object.assign(shown, { key, place, plot: plot(place, data, colour) });
  } else {
    if (shown.plot.width !== place.clientWidth) shown.plot.setSize({ width: place.clientWidth, height: HEIGHT });
    shown.plot.setData(data);
  }
}
