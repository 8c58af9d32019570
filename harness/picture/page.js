// The timeline and everything that follows it.

const at = (id) => document.getElementById(id);
const facts = JSON.parse(at('facts').textContent);
const heap = new Heap(facts, at('record').textContent);
at('record').textContent = '';
const operations = at('trace').textContent.split('\n').slice(2).filter((line) => line !== '').map((line) => line.split(' '));
const map = new HeapMap(at('map'), heap, facts.finding);
const poolPicture = new PoolPicture(at('blocks'), heap, facts.finding);
const page = { chosen: null, timer: null, frame: null, lists: '', width: 0, mapWidth: 0, mapHeight: 0 };

// What happened on the way to a state; the last one may lie behind the trace.
function happening(state) {
  if (state === 0) return 'Before the first operation: the heap is empty.';
  if (state > operations.length) return `Behind the last operation: ${facts.finding.operation}`;
  return stepWords(operations[state - 1], heap.step(state));
}

function element(name, text, classes = '') {
  const made = document.createElement(name);
  made.textContent = text;
  if (classes) made.className = classes;
  return made;
}
function button(text, act, says) {
  const made = element('button', text);
  if (says) made.setAttribute('aria-label', says);
  made.addEventListener('click', act);
  return made;
}

function show(state) {
  heap.goTo(Math.max(0, Math.min(heap.states, state)));
  follow();
  draw();
}

// Chooses the pool that the step is about, unless the user stays with one.
function follow() {
  if (at('stay').checked) return;
  const guilty = facts.finding && facts.finding.state === heap.state ? facts.finding : null;
  const step = heap.state === 0 ? null : heap.step(heap.state);
  const place = step && (step.after ?? step.before);
  if (guilty && guilty.arena !== null && guilty.pool !== null) page.chosen = guilty.arena * heap.layout.poolsPerArena + guilty.pool;
  else if (place && !place.outside) page.chosen = place.number;
  else if (page.chosen === null && heap.arenas().length > 0) page.chosen = heap.arenas()[0] * heap.layout.poolsPerArena;
}

// What is measured is measured here alone: asking the browser between two changes would have it lay out the page anew.
function measure() {
  page.width = at('overview').parentElement.clientWidth;
  page.mapWidth = at('mapframe').clientWidth;
  page.mapHeight = Math.floor(innerHeight * 0.6);
}

function draw() {
  page.frame = null;
  const { state } = heap;
  at('slider').value = at('number').value = state;
  at('slider').setAttribute('aria-valuetext', `step ${state}: ${happening(state)}`);
  at('words').textContent = happening(state);
  drawOverview(at('overview'), page.width, heap, facts.finding);
  map.draw(page.mapWidth, page.chosen);
  bringIntoView();
  drawTotals();
  drawPool();
  drawLists();
  drawOperations();
}

// Many events between two frames of the screen cost one drawing.
function drawSoon(state) {
  heap.goTo(Math.max(0, Math.min(heap.states, state)));
  follow();
  page.frame ??= requestAnimationFrame(draw);
}

function drawTotals() {
  const { outside } = heap;
  const inUse = heap.heldBlocks[heap.state];
  at('totals').textContent = `${plural(heap.arenas().length, 'arena')}, ${plural(inUse, 'block')} in use` +
    (outside.blocks ? `, ${outside.blocks} of them (${plural(outside.bytes, 'byte')}) outside the pools, with the raw allocator` : '');
}

function drawPool() {
  const there = page.chosen !== null && heap.hasArena(heap.name(page.chosen).arena);
  const pool = there ? heap.pool(page.chosen) : null;
  at('chosen').textContent = page.chosen === null ? 'No pool chosen: click one in the map'
    : `Pool ${heap.name(page.chosen).pool} of arena ${heap.name(page.chosen).arena}: ` +
      (!pool ? 'its arena is not there' : pool.state === 'virgin' ? 'not yet carved' : `${pool.state}, ${plural(pool.capacity, 'block')} of ${pool.blockSize} bytes`);
  const fields = pool ? headerFields(heap, pool) : [];
  at('header').replaceChildren(...fields.map(([name, value]) => {
    const row = element('div', '');
    row.append(element('dt', name), element('dd', value));
    return row;
  }));
  const drawn = pool ?? { capacity: 0, carved: 0, number: -1 };
  poolPicture.draw(page.mapWidth, drawn);
  at('freelist').textContent = pool && pool.state !== 'virgin' ? freeListWords(poolPicture.list) : '';
  at('hint').textContent = '';
}

function choose(pool) {
  page.chosen = pool;
  map.draw(page.mapWidth, page.chosen);
  drawPool();
}

// A list as a row of boxes; those of pools can be chosen.
function chain(title, list, member, guilty) {
  const row = element('div', '', guilty ? 'chain guilty' : 'chain');
  row.append(element('span', title, 'name'));
  const most = 12;
  for (const each of list.members.slice(0, most)) row.append(element('span', '→', 'to'), member(each));
  if (list.members.length > most) row.append(element('span', `→ ${list.members.length - most} more`, 'to'));
  const end = list.end ? `→ ${listEnd[list.end]}` : list.members.length === 0 ? 'is empty' : '';
  row.append(element('span', end, 'to'));
  return row;
}

// Most steps leave all lists as they were: then nothing is made anew.
function drawLists() {
  const guilty = facts.finding && facts.finding.state === heap.state ? facts.finding : null;
  const lists = Array.from({ length: heap.layout.classes }, (_, sizeClass) => heap.usedList(sizeClass));
  const usable = heap.usableArenas();
  const key = JSON.stringify([lists, usable, guilty && guilty.sizeClass]);
  if (key === page.lists) return;
  page.lists = key;
  const rows = [];
  for (let sizeClass = 0; sizeClass < heap.layout.classes; ++sizeClass) {
    const list = lists[sizeClass];
    const marked = guilty !== null && guilty.sizeClass === sizeClass && (guilty.pool === null || /used-lists|model\.lists/.test(guilty.oracle));
    if (list.members.length === 0 && list.end === '' && !marked) continue;
    rows.push(chain(classWords(heap, sizeClass), list, (pool) => {
      const name = heap.name(pool);
      return button(`${name.arena}.${name.pool}`, () => choose(pool), poolWords(name));
    }, marked));
  }
  at('lists').replaceChildren(...(rows.length ? rows : [element('p', 'All are empty.', 'note')]));
  at('usable').replaceChildren(usable.members.length || usable.end ? chain('usable_arenas', usable, (index) => element('span', String(index), 'box'), false)
    : element('p', 'None.', 'note'));
}

function drawOperations() {
  const around = 5;
  const first = Math.max(1, Math.min(heap.state - around, heap.states - 2 * around));
  const last = Math.min(heap.states, first + 2 * around);
  const list = at('operations');
  list.start = first;
  const rows = [];
  for (let state = first; state <= last; ++state) {
    const row = document.createElement('li');
    const guilty = facts.finding && facts.finding.state === state;
    row.className = (state === heap.state ? 'now' : '') + (guilty ? ' guilty' : '');
    row.append(button(happening(state), () => show(state)));
    if (state === heap.state) row.setAttribute('aria-current', 'step');
    rows.push(row);
  }
  list.replaceChildren(...rows);
}

function play(on) {
  clearInterval(page.timer);
  page.timer = on ? setInterval(() => (heap.state < heap.states ? drawSoon(heap.state + 1) : play(false)), 100) : null;
  at('play').textContent = on ? 'Pause' : 'Play';
}

// What a key does on the timeline: the state to go to; null for a key that is none of its.
function stateForKey(event) {
  const far = event.shiftKey ? 100 : 1;
  switch (event.key) {
    case 'ArrowRight': return heap.state + far;
    case 'ArrowLeft': return heap.state - far;
    case 'PageDown': return heap.state + 100;
    case 'PageUp': return heap.state - 100;
    case 'Home': return 0;
    case 'End': return heap.states;
    default: return null;
  }
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const { target } = event;
  const types = target instanceof HTMLInputElement && target.type === 'number';
  if (types || (target instanceof HTMLElement && target.id === 'programtext')) return;
  if (event.key === ' ') {
    if (target instanceof HTMLButtonElement || target === at('stay')) return;  // it is pressed
    play(page.timer === null);
  } else {
    const state = stateForKey(event);
    if (state === null) return;
    play(false);
    drawSoon(state);
  }
  event.preventDefault();
}

// In the map the arrows choose a pool.
function onMapKey(event) {
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: map.columns, ArrowUp: -map.columns };
  const by = steps[event.key];
  if (by === undefined || map.cells.length === 0) return;
  const now = map.cells.findIndex((cell) => cell.pool === page.chosen);
  const next = now < 0 ? 0 : Math.max(0, Math.min(map.cells.length - 1, now + by));
  choose(map.cells[next].pool);
  bringIntoView();
  event.preventDefault();
}

// Scrolls the map, where it is larger than its frame, to the chosen pool.
function bringIntoView() {
  if (map.height <= page.mapHeight) return;
  const cell = map.cells.find((each) => each.pool === page.chosen);
  const frameBox = at('mapframe');
  if (cell && (cell.y < frameBox.scrollTop || cell.y + CELL.height > frameBox.scrollTop + page.mapHeight))
    frameBox.scrollTop = cell.y - page.mapHeight / 3;
}

function fillFinding() {
  const { finding } = facts;
  if (!finding) return;
  const box = at('finding');
  box.hidden = false;
  const facing = element('dl', '', 'header rows');
  for (const [name, value] of [['where', finding.where || 'the heap as a whole'], ['expected', finding.expected], ['found', finding.found]]) {
    const row = element('div', '');
    row.append(element('dt', name), element('dd', value));
    facing.append(row);
  }
  const behind = ['last check', 'drain', 'teardown'].includes(finding.operation);
  box.append(element('h2', `Finding: ${finding.oracle}`),
    element('p', behind ? `Behind the last operation: ${finding.operation}` : happening(finding.state)), facing,
    button(`Go to step ${finding.state}`, () => show(finding.state)));
}

function copyButton(title, text) {
  const made = button(title, async () => {
    try {
      await navigator.clipboard.writeText(text);
      made.textContent = 'Copied';
    } catch {
      // A page from a file may not be allowed to: then the text is chosen, and the user copies it.
      at('programtext').textContent = text;
      getSelection().selectAllChildren(at('programtext'));
      made.textContent = 'Chosen below: copy it';
    }
  });
  return made;
}

function fillReproducer() {
  const program = at('program').textContent;
  const line = (words, command) => {
    const row = element('p', words + ' ');
    row.append(element('code', command));
    return row;
  };
  at('commands').replaceWith(line('Judge it again:', facts.replayCommand), line('As a C program:', facts.showCommand));
  at('copies').append(copyButton('Copy the command', facts.replayCommand + '\n'), copyButton('Copy the trace', at('trace').textContent));
  if (program) at('copies').append(copyButton('Copy the C program', program));
  at('programtext').textContent = program || 'The program is long: the command above prints it.';
}

function listen() {
  at('slider').addEventListener('input', () => drawSoon(Number(at('slider').value)));
  at('number').addEventListener('change', () => show(Number(at('number').value) || 0));
  at('first').addEventListener('click', () => show(0));
  at('back').addEventListener('click', () => show(heap.state - 1));
  at('next').addEventListener('click', () => show(heap.state + 1));
  at('last').addEventListener('click', () => show(heap.states));
  at('play').addEventListener('click', () => play(page.timer === null));
  at('map').addEventListener('keydown', onMapKey);
  document.addEventListener('keydown', onKey);
  at('map').addEventListener('click', (event) => {
    const cell = map.poolAt(event.offsetX, event.offsetY);
    if (cell) choose(cell.pool);
  });
  at('blocks').addEventListener('mousemove', (event) => { at('hint').textContent = poolPicture.wordsAt(event.offsetX, event.offsetY); });
  addEventListener('resize', () => { measure(); page.frame ??= requestAnimationFrame(draw); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readInks(); draw(); });
}

at('slider').max = at('number').max = heap.states;
at('of').textContent = `of ${heap.states.toLocaleString('en').replaceAll(',', ' ')}`;
at('about').textContent = `${facts.file} on ${facts.subject}: ${plural(facts.steps, 'operation')}` +
  (facts.steps < facts.operations ? ` of ${facts.operations}, up to the finding` : facts.finding ? '' : ', nothing found');
readInks();
fillFinding();
fillReproducer();
listen();
measure();
show(facts.opensAt);
