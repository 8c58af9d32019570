// One pool: its header, its blocks, its free list.

// A pool that a field of a pool names.
function linkWords(heap, pool, link) {
  if (link === 0) return pool.state === 'used' ? `the head of class ${pool.sizeClass}` : 'null';
  if (link === 1) return pool.state === 'used' ? 'an address that is no pool' : 'stale';
  return poolWords(heap.name(link - 2)) + (pool.state === 'full' ? ' (stale)' : '');
}

function headerFields(heap, pool) {
  if (pool.state === 'virgin') return [];
  return [
    ['ref.count', `${pool.refCount} of ${plural(pool.capacity, 'block')} in use`],
    ['freeblock', pool.freeblock === 0 ? 'null' : pool.freeblock === 1 ? 'an address that is no block' : `block ${pool.freeblock - 2}`],
    ['nextpool', linkWords(heap, pool, pool.nextpool)],
    ['prevpool', pool.state === 'empty' ? 'stale' : linkWords(heap, pool, pool.prevpool)],
    ['arenaindex', String(pool.arenaIndex)],
    ['szidx', classWords(heap, pool.sizeClass)],
    ['nextoffset', `${pool.nextOffset}: ${plural(pool.carved, 'block')} carved`],
    ['maxnextoffset', String(pool.maxNextOffset)],
  ];
}

function freeListWords(list) {
  const shown = list.blocks.slice(0, 40).join(' → ');
  const more = list.blocks.length > 40 ? ` → (${list.blocks.length - 40} more)` : '';
  const end = list.end === 'outside' ? 'an address that is no block' : list.end === 'around' ? 'around in itself' : 'null';
  return `Free list: freeblock → ${shown ? shown + more + ' → ' : ''}${end}`;
}

class PoolPicture {
  constructor(canvas, heap, finding) {
    this.canvas = canvas;
    this.heap = heap;
    this.finding = finding;
    this.pool = null;
  }

  draw(width, pool) {
    this.pool = pool;
    this.large = pool.capacity <= 64;
    this.cell = this.large ? { width: 112, height: 44 } : { width: 26, height: 24 };
    this.columns = Math.max(1, Math.floor(width / this.cell.width));
    const rows = Math.ceil(pool.capacity / this.columns);
    const pen = prepared(this.canvas, width, pool.capacity === 0 ? 1 : rows * this.cell.height + 24);
    this.list = this.heap.freeList(pool);
    this.order = new Map(this.list.blocks.map((block, i) => [block, i + 1]).reverse());
    for (let block = 0; block < pool.capacity; ++block) this.drawBlock(pen, block);
    if (this.large && this.list.blocks.length <= 24) this.drawLinks(pen);
    const guilty = this.finding && this.finding.state === this.heap.state ? this.finding : null;
    if (guilty && guilty.arena === pool.arena && guilty.pool === pool.pool && guilty.block !== null && guilty.block < pool.capacity) {
      const { x, y } = this.at(guilty.block);
      frame(pen, x + 1, y + 1, this.cell.width - 6, this.cell.height - 6, inks.guilty, 4);
    }
  }

  at(block) {
    return { x: (block % this.columns) * this.cell.width + 2, y: Math.floor(block / this.columns) * this.cell.height + 20 };
  }

  drawBlock(pen, block) {
    const { x, y } = this.at(block);
    const [width, height] = [this.cell.width - 4, this.cell.height - 4];
    const held = this.heap.held(this.pool.number, block);
    const order = this.order.get(block);
    const virgin = !held && block >= this.pool.carved;
    pen.fillStyle = held ? inks.paper : order ? inks.free : virgin ? hatch(pen) : inks.paper;
    pen.fillRect(x, y, width, height);
    if (held) {
      const bar = this.large ? 9 : height;
      pen.fillStyle = inks.slack;
      pen.fillRect(x, y + height - bar, width, bar);
      pen.fillStyle = inks.held;
      pen.fillRect(x, y + height - bar, width * Math.min(1, held.bytes / this.pool.blockSize), bar);
    }
    frame(pen, x + 0.5, y + 0.5, width - 1, height - 1, inks.edge, 1, virgin ? [3, 2] : []);
    pen.font = '11px system-ui, sans-serif';
    pen.fillStyle = order && !held ? inks['on-free'] : inks.ink;
    if (this.large && !virgin) {
      pen.textAlign = 'left';
      pen.fillText(`block ${block}`, x + 5, y + 13);
      pen.fillText(held ? `slot ${held.slot}, ${held.bytes} B` : order ? `free, no. ${order}` : 'lost', x + 5, y + 27);
    } else if (order && !held) {
      pen.textAlign = 'center';
      pen.fillText(String(order), x + width / 2, y + 14);
    }
  }

  drawLinks(pen) {
    pen.strokeStyle = pen.fillStyle = inks.ink;
    pen.lineWidth = 1.4;
    for (let i = 0; i + 1 < this.list.blocks.length; ++i) {
      const from = this.at(this.list.blocks[i]);
      const to = this.at(this.list.blocks[i + 1]);
      const half = (this.cell.width - 4) / 2;
      const top = Math.min(from.y, to.y) - 18;
      pen.beginPath();
      pen.moveTo(from.x + half, from.y + 2);
      pen.quadraticCurveTo((from.x + to.x) / 2 + half, top, to.x + half, to.y + 1);
      pen.stroke();
      const angle = Math.atan2(to.y - top, (to.x - from.x) / 2);
      pen.beginPath();
      for (const turn of [0, 2.7, -2.7]) {
        const reach = turn === 0 ? 0 : 8;
        pen.lineTo(to.x + half + reach * Math.cos(angle + turn), to.y + 1 + reach * Math.sin(angle + turn));
      }
      pen.fill();
    }
  }

  // What lies under a point, in words; empty where nothing does.
  wordsAt(x, y) {
    if (!this.pool || this.pool.capacity === 0) return '';
    const column = Math.floor(x / this.cell.width);
    const block = Math.floor((y - 20) / this.cell.height) * this.columns + column;
    if (y < 20 || column >= this.columns || block >= this.pool.capacity) return '';
    const held = this.heap.held(this.pool.number, block);
    const order = this.order.get(block);
    const address = this.heap.poolAddress(this.pool) + this.heap.layout.overhead + block * this.pool.blockSize;
    const state = held ? `in use: ${plural(held.bytes, 'byte')}, slot ${held.slot}` : order ? `free, number ${order} of the free list`
      : block < this.pool.carved ? 'neither in use nor in the free list' : 'virgin space: never handed out';
    return `Block ${block} at ${hex(address)}, ${state}`;
  }
}
