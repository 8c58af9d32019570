// Canvases: the map of arenas and pools, and the overview over time.

const style = getComputedStyle(document.documentElement);
const ink = (name) => style.getPropertyValue('--' + name).trim();
let inks = {};
function readInks() {
  for (const name of ['paper', 'panel', 'ink', 'faint', 'edge', 'held', 'on-held', 'slack', 'full', 'free', 'on-free', 'header', 'guilty', 'moved', 'hatch'])
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

const CELL = { width: 56, height: 40, gap: 4, heading: 26, bar: 9, margin: 6 };

class HeapMap {
  constructor(canvas, heap, finding) {
    this.canvas = canvas;
    this.heap = heap;
    this.finding = finding;
    this.cells = [];  // of the pools as drawn last: { x, y, pool }
    this.columns = 1;
  }

  draw(width, chosen) {
    const { heap } = this;
    const arenas = heap.arenas().map((index) => heap.arena(index));
    this.columns = Math.max(1, Math.min(heap.layout.poolsPerArena, Math.floor((width - 2 * CELL.margin) / (CELL.width + CELL.gap))));
    const rows = Math.ceil(heap.layout.poolsPerArena / this.columns);
    const arenaHeight = CELL.heading + rows * (CELL.height + CELL.gap) + 10;
    const pen = prepared(this.canvas, width, Math.max(60, arenas.length * arenaHeight));
    const changed = heap.changedPools();
    const guilty = this.finding && this.finding.state === heap.state ? this.finding : null;
    this.cells = [];
    if (arenas.length === 0) {
      pen.fillStyle = inks.faint;
      pen.font = '14px system-ui, sans-serif';
      pen.fillText('No arena yet: the first small request asks for one.', CELL.margin, 30);
    }
    arenas.forEach((arena, i) => {
      const top = i * arenaHeight;
      pen.textAlign = 'left';
      pen.fillStyle = inks.ink;
      pen.font = '600 13px system-ui, sans-serif';
      pen.fillText(`arena ${arena.index}`, CELL.margin, top + 17);
      pen.fillStyle = inks.faint;
      pen.font = '12px system-ui, sans-serif';
      pen.fillText(`${hex(arena.address)}, nfreepools ${arena.freePools} of ${arena.totalPools}`, CELL.margin + 66, top + 17);
      this.drawPools(pen, arena, top + CELL.heading, changed, chosen, guilty);
      if (guilty && guilty.arena === arena.index && guilty.pool === null)
        frame(pen, 2, top + 2, width - 4, arenaHeight - 6, inks.guilty, 4);
    });
  }

  drawPools(pen, arena, top, changed, chosen, guilty) {
    for (let number = 0; number < this.heap.fits(arena); ++number) {
      const pool = this.heap.pool(arena.index * this.heap.layout.poolsPerArena + number);
      const x = CELL.margin + (number % this.columns) * (CELL.width + CELL.gap);
      const y = top + Math.floor(number / this.columns) * (CELL.height + CELL.gap);
      this.cells.push({ x, y, pool: pool.number });
      this.drawPool(pen, pool, x, y);
      if (changed.has(pool.number)) frame(pen, x + 2, y + 2, CELL.width - 4, CELL.height - 4, inks.moved, 3);
      if (chosen === pool.number) frame(pen, x - 1, y - 1, CELL.width + 2, CELL.height + 2, inks.ink, 2, [4, 3]);
      if (guilty && guilty.arena === arena.index && guilty.pool === number) frame(pen, x, y, CELL.width, CELL.height, inks.guilty, 5);
    }
  }

  drawPool(pen, pool, x, y) {
    const full = pool.state === 'full';
    pen.fillStyle = full ? inks.full : pool.state === 'virgin' ? hatch(pen) : inks.paper;
    pen.fillRect(x, y, CELL.width, CELL.height);
    if (pool.state === 'used' && pool.capacity > 0) {
      pen.fillStyle = inks.held;
      pen.fillRect(x, y + CELL.height - CELL.bar, CELL.width * pool.refCount / pool.capacity, CELL.bar);
    }
    const empty = pool.state === 'empty';
    frame(pen, x + 0.5, y + 0.5, CELL.width - 1, CELL.height - 1, empty ? inks.free : inks.edge, empty ? 2 : 1, pool.state === 'virgin' ? [3, 2] : []);
    if (pool.state === 'virgin') return;
    pen.textAlign = 'center';
    pen.fillStyle = full ? inks['on-held'] : inks.ink;
    pen.font = '11px system-ui, sans-serif';
    pen.fillText(`class ${pool.sizeClass}`, x + CELL.width / 2, y + 14);
    pen.fillText(`${pool.refCount}/${pool.capacity}`, x + CELL.width / 2, y + 27);
  }

  poolAt(x, y) {
    return this.cells.find((cell) => x >= cell.x && x < cell.x + CELL.width && y >= cell.y && y < cell.y + CELL.height);
  }
}

// The blocks in use over the whole trace, and where it stands now.
function drawOverview(canvas, heap, finding) {
  const width = canvas.parentElement.clientWidth;
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
