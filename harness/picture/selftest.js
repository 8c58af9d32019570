// With #selftest behind its address the page tests itself, and says at its end what came of it: "selftest: passed".

function selftest() {
  const faults = [];
  let checks = 0;
  const expect = (holds, what) => {
    ++checks;
    if (!holds) faults.push(what);
  };
  const press = (key, more = {}, target = document) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));

  // The heap at each step is the real one's, in whatever order the steps are gone to.
  const inTurn = [...facts.checksums, ...facts.checksums.slice().reverse()];
  const farApart = facts.checksums.map((_, i, all) => all[(i * 37) % all.length]);
  for (const [state, sum] of [...inTurn, ...farApart]) {
    heap.goTo(state);
    expect(heap.checksum() === sum, `the heap at step ${state} differs`);
  }
  show(0);
  expect(heap.arenas().length === 0, 'the heap is not empty at first');

  // Every key, from a place where it can move.
  const middle = Math.floor(heap.states / 2);
  const bounded = (state) => Math.max(0, Math.min(heap.states, state));
  for (const [key, more, target] of [['ArrowRight', {}, middle + 1], ['ArrowLeft', {}, middle - 1], ['ArrowRight', { shiftKey: true }, middle + 100],
    ['ArrowLeft', { shiftKey: true }, middle - 100], ['PageDown', {}, middle + 100], ['PageUp', {}, middle - 100], ['Home', {}, 0], ['End', {}, heap.states]]) {
    show(middle);
    const untouched = press(key, more);
    expect(heap.state === bounded(target) && !untouched, `${more.shiftKey ? 'Shift ' : ''}${key} goes to step ${heap.state}`);
  }
  press(' ');
  expect(page.timer !== null, 'space does not play');
  press(' ');
  expect(page.timer === null, 'space does not pause');

  // The slider and what the page says about a step.
  at('slider').value = middle;
  at('slider').dispatchEvent(new Event('input'));
  draw();
  expect(heap.state === middle, 'the slider does not move the heap');
  expect(at('words').textContent === happening(middle), 'the words are not those of the step');
  expect(at('slider').getAttribute('aria-valuetext').includes(happening(middle)), 'the slider does not say the step');

  // A pool is chosen by key and by click, and its header is told.
  show(heap.states);
  if (map.cells.length > 1) {
    choose(map.cells[0].pool);
    press('ArrowRight', {}, at('map'));
    expect(page.chosen === map.cells[1].pool, 'an arrow in the map does not choose the next pool');
    expect(heap.state === heap.states, 'an arrow in the map moves the timeline');
    const box = at('map').getBoundingClientRect();
    at('map').dispatchEvent(new MouseEvent('click', { clientX: box.left + map.cells[0].x + 5, clientY: box.top + map.cells[0].y + 5 }));
    expect(page.chosen === map.cells[0].pool, 'a click does not choose a pool');
    const pool = heap.pool(page.chosen);
    expect(at('header').querySelectorAll('dt').length === (pool.state === 'virgin' ? 0 : 8), 'the header has not its 8 fields');
  }

  // Blocks in use and blocks in free lists are all that is carved, wherever the heap is sound.
  for (const [state] of facts.checksums) {
    if (facts.finding && state === facts.finding.state) continue;
    heap.goTo(state);
    for (const { pool: number } of map.cells) {
      const pool = heap.pool(number);
      if (pool.state === 'virgin') continue;
      let held = 0;
      for (let block = 0; block < pool.capacity; ++block) held += heap.held(number, block) ? 1 : 0;
      expect(held === pool.refCount && held + heap.freeList(pool).blocks.length === pool.carved, `${poolWords(pool)} does not add up at step ${state}`);
    }
  }

  if (facts.finding) {
    show(facts.finding.state);
    expect(!at('finding').hidden && at('finding').textContent.includes(facts.finding.oracle), 'the finding is not told');
    if (facts.finding.pool !== null) expect(page.chosen === facts.finding.arena * heap.layout.poolsPerArena + facts.finding.pool, 'the guilty pool is not shown');
  }
  for (const wide of [document.documentElement]) expect(wide.scrollWidth <= window.innerWidth, `the page is ${wide.scrollWidth} wide in a window of ${window.innerWidth}`);

  const verdict = faults.length === 0 ? `passed ${checks} checks` : `FAILED: ${faults.slice(0, 5).join('; ')}`;
  return `selftest: ${verdict}\n${measured()}`;
}

// How long steps take, everything drawn: told, never judged.
function measured() {
  const samples = 200;
  const timed = (kind, state) => {
    const times = [];
    for (let i = 0; i < samples; ++i) {
      const begin = performance.now();
      show(state(i));
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    const text = (share) => times[Math.floor(share * (samples - 1))].toFixed(2);
    return `milliseconds a step ${kind}: median ${text(0.5)}, 95 % ${text(0.95)}, most ${text(1)}\n`;
  };
  return timed('far apart', (i) => Math.floor((i * 7919) % samples / samples * heap.states)) +
    timed('one by one', (i) => Math.floor(heap.states / 2) + i) +
    `${heap.changes.cell.length} changes of ${heap.cells.length} cells in ${heap.states} steps`;
}

if (location.hash === '#selftest') {
  at('selftest').hidden = false;
  try {
    at('selftest').textContent = selftest();
  } catch (error) {
    at('selftest').textContent = `selftest: FAILED: ${error.stack}`;
  }
}
