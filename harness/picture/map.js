// Canvases: the map of arenas and pools, and the overview over time.

const style = getComputedStyle(document.documentElement);
const ink = (name) => style.getPropertyValue('--' + name).trim();
let inks = {};
function readInks() {
  for (const name of ['paper', 'panel', 'ink', 'faint', 'edge', 'held', 'on-held', 'slack', 'full', 'free', 'on-free', 'header', 'guilty', 'on-guilty', 'moved', 'hatch'])
    inks[name] = ink(name);
  hatches.clear();
}

// A canvas of this many CSS pixels, cleared and ready to draw.
function prepared(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + 'px';
    canvas.style.height = height + 'px';
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

const hatches = new Map();
function hatch(pen) {
  if (!hatches.has(pen)) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const line = tile.getContext('2d');
    line.strokeStyle = inks.hatch;
    line.lineWidth = 1.5;
    line.beginPath();
    for (const shift of [-8, 0, 8]) { line.moveTo(shift, 8); line.lineTo(shift + 8, 0); }
    line.stroke();
    hatches.set(pen, pen.createPattern(tile, 'repeat'));
  }
  return hatches.get(pen);
}

function frame(pen, x, y, width, height, colour, thickness, dash = []) {
  pen.strokeStyle = colour;
  pen.lineWidth = thickness;
  pen.setLineDash(dash);
  pen.strokeRect(x, y, width, height);
  pen.setLineDash([]);
}

const CELL = { least: 50, most: 84, height: 40, gap: 4, heading: 26, bar: 9, margin: 6 };

class HeapMap {
  constructor(canvas, heap, finding) {
    this.canvas = canvas;
    this.heap = heap;
    this.finding = finding;
    this.cells = [];  // of the pools as drawn last: { x, y, pool }
    this.columns = 1;
    this.plan = '';
    this.drawn = new Map();  // what stands at a place of the canvas, in words: only what differs is drawn again
  }

  draw(width, chosen) {
    const { heap } = this;
    const arenas = heap.arenas().map((index) => heap.arena(index));
    // A power of two, as the number of pools: every row is whole.
    const room = width - 2 * CELL.margin + CELL.gap;
    this.columns = Math.min(heap.layout.poolsPerArena, 2 ** Math.floor(Math.log2(Math.max(1, room / (CELL.least + CELL.gap)))));
    this.cellWidth = Math.min(CELL.most, Math.floor(room / this.columns) - CELL.gap);
    const rows = Math.ceil(heap.layout.poolsPerArena / this.columns);
    this.arenaHeight = CELL.heading + rows * (CELL.height + CELL.gap) + 10;
    this.height = Math.max(60, arenas.length * this.arenaHeight);
    const guilty = this.finding && this.finding.state === heap.state ? this.finding : null;
    this.prepare([width, this.height, guilty !== null, inks.paper, ...arenas.map((arena) => arena.index)].join());
    this.cells = [];
    if (arenas.length === 0 && this.differs('none', 'none', 4, 4, width - 8, this.height - 8))
      this.write('No arena: the next small request asks for one.', CELL.margin, 30, inks.faint, 14);
    const changed = heap.changedPools();
    arenas.forEach((arena, i) => this.drawArena(arena, i * this.arenaHeight, width, changed, chosen, guilty));
  }

  // Clears the canvas where the arenas lie otherwise than before, or other colours hold.
  prepare(plan) {
    if (plan === this.plan) return;
    this.plan = plan;
    this.drawn.clear();
    this.pen = prepared(this.canvas, Number(plan.split(',')[0]), this.height);
  }

  write(text, x, y, colour, size, weight = '') {
    this.pen.textAlign = 'left';
    this.pen.fillStyle = colour;
    this.pen.font = `${weight} ${size}px system-ui, sans-serif`;
    this.pen.fillText(text, x, y);
  }

  // Whether the place must be drawn, as `words` do not describe what stands there.
  differs(key, words, x, y, width, height) {
    if (this.drawn.get(key) === words) return false;
    this.drawn.set(key, words);
    this.pen.clearRect(x - 2, y - 2, width + 4, height + 4);
    return true;
  }

  drawArena(arena, top, width, changed, chosen, guilty) {
    const words = `${hex(arena.address)}, nfreepools ${arena.freePools} of ${arena.totalPools}`;
    if (this.differs(`arena ${arena.index}`, words, 4, top + 4, width - 8, CELL.heading - 10)) {
      this.write(`arena ${arena.index}`, CELL.margin, top + 17, inks.ink, 13, 600);
      this.write(words, CELL.margin + 72, top + 17, inks.faint, 12);
    }
    for (let number = 0; number < this.heap.fits(arena); ++number) {
      const pool = this.heap.pool(arena.index * this.heap.layout.poolsPerArena + number);
      const x = CELL.margin + (number % this.columns) * (this.cellWidth + CELL.gap);
      const y = top + CELL.heading + Math.floor(number / this.columns) * (CELL.height + CELL.gap);
      this.cells.push({ x, y, pool: pool.number });
      const marks = (changed.has(pool.number) ? 'changed ' : '') + (chosen === pool.number ? 'chosen ' : '') +
        (guilty && guilty.arena === arena.index && guilty.pool === number ? 'guilty' : '');
      const look = `${pool.state} ${pool.sizeClass} ${pool.refCount} ${marks}`;
      if (!this.differs(pool.number, look, x, y, this.cellWidth, CELL.height)) continue;
      this.drawPool(this.pen, pool, x, y);
      this.mark(marks, x, y);
    }
    if (guilty && guilty.arena === arena.index && guilty.pool === null)
      frame(this.pen, 2, top + 2, width - 4, this.arenaHeight - 6, inks.guilty, 4);
  }

  mark(marks, x, y) {
    if (marks.includes('changed')) frame(this.pen, x + 2, y + 2, this.cellWidth - 4, CELL.height - 4, inks.moved, 3);
    if (marks.includes('chosen')) frame(this.pen, x - 1, y - 1, this.cellWidth + 2, CELL.height + 2, inks.ink, 2, [4, 3]);
    if (!marks.includes('guilty')) return;
    frame(this.pen, x, y, this.cellWidth, CELL.height, inks.guilty, 4);
    this.pen.fillStyle = inks.guilty;
    this.pen.fillRect(x, y, 15, 16);
    this.write('!', x + 6, y + 13, inks['on-guilty'], 13, 700);
  }

  drawPool(pen, pool, x, y) {
    const full = pool.state === 'full';
    pen.fillStyle = full ? inks.full : pool.state === 'virgin' ? hatch(pen) : inks.paper;
    pen.fillRect(x, y, this.cellWidth, CELL.height);
    if (pool.state === 'used' && pool.capacity > 0) {
      pen.fillStyle = inks.held;
      pen.fillRect(x, y + CELL.height - CELL.bar, this.cellWidth * pool.refCount / pool.capacity, CELL.bar);
    }
    const empty = pool.state === 'empty';
    frame(pen, x + 0.5, y + 0.5, this.cellWidth - 1, CELL.height - 1, empty ? inks.free : inks.edge, empty ? 2 : 1, pool.state === 'virgin' ? [3, 2] : []);
    if (pool.state === 'virgin') return;
    pen.textAlign = 'center';
    pen.fillStyle = full ? inks['on-held'] : inks.ink;
    pen.font = '11px system-ui, sans-serif';
    pen.fillText(`class ${pool.sizeClass}`, x + this.cellWidth / 2, y + 14);
    pen.fillText(`${pool.refCount}/${pool.capacity}`, x + this.cellWidth / 2, y + 27);
  }

  poolAt(x, y) {
    return this.cells.find((cell) => x >= cell.x && x < cell.x + this.cellWidth && y >= cell.y && y < cell.y + CELL.height);
  }
}

// The blocks in use over the whole trace, and where it stands now.
function drawOverview(canvas, width, heap, finding) {
  const height = 44;
  const pen = prepared(canvas, width, height);
  const most = Math.max(1, heap.mostHeld ??= heap.heldBlocks.reduce((a, b) => Math.max(a, b), 0));
  const inset = 8;  // as the slider's thumb
  const place = (state) => inset + (width - 2 * inset) * (heap.states === 0 ? 0 : state / heap.states);
  pen.fillStyle = inks.slack;
  pen.beginPath();
  pen.moveTo(inset, height);
  const points = Math.min(heap.states, Math.ceil(width));
  for (let i = 0; i <= points; ++i) {
    const state = points === 0 ? 0 : Math.round(i / points * heap.states);
    pen.lineTo(place(state), height - 2 - (height - 16) * heap.heldBlocks[state] / most);
  }
  pen.lineTo(width - inset, height);
  pen.fill();
  pen.fillStyle = inks.faint;
  pen.font = '11px system-ui, sans-serif';
  pen.textAlign = 'left';
  pen.fillText(`blocks in use, at most ${most}`, inset, 11);
  pen.fillStyle = inks.ink;
  pen.fillRect(place(heap.state) - 1, 0, 2, height);
  if (!finding) return;
  pen.fillStyle = inks.guilty;
  pen.fillRect(place(finding.state) - 2, 0, 4, height);
}
