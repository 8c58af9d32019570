// The heap at any step. The record (see heap_record.hpp) is read once, into a list of changes of numbered cells with
// the old and the new value of each: so a step is taken forwards or backwards by writing a few cells.

class ByteReader {
  constructor(base64) {
    this.text = atob(base64);
    this.at = 0;
  }
  number() {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.text.charCodeAt(this.at++);
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }
}

const POOL = { refCount: 0, sizeClass: 1, nextOffset: 2, maxNextOffset: 3, arenaIndex: 4, freeblock: 5, nextpool: 6, prevpool: 7, size: 8 };
const ARENA = { address: 0, carved: 1, freePools: 2, totalPools: 3, freepools: 4, next: 5, prev: 6, size: 7 };
const BLOCK = { link: 0, slot: 1, bytes: 2, size: 3 };
const STEP = { end: 0, before: 1, after: 2, size: 3 };

class Heap {
  constructor(facts, base64) {
    this.layout = facts.layout;
    this.origin = facts.origin;
    this.states = facts.states;
    this.cells = [0];
    this.arenaCells = [];
    this.poolCells = [];
    this.blockCells = [];
    this.listCells = this.newCells(2 * this.layout.classes);
    this.otherCells = this.newCells(3);  // first usable arena, blocks outside the pools, their bytes
    this.firstChange = new Int32Array(this.states + 2);
    this.steps = new Float64Array((this.states + 1) * STEP.size);
    this.heldBlocks = new Int32Array(this.states + 1);
    this.changes = { cell: [], before: [], after: [] };
    this.state = 0;
    this.read(new ByteReader(base64));
    this.changes = { cell: Int32Array.from(this.changes.cell), before: Float64Array.from(this.changes.before), after: Float64Array.from(this.changes.after) };
    this.cells = Float64Array.from(this.cells);
    this.state = this.states;
  }

  newCells(count) {
    const first = this.cells.length;
    for (let i = 0; i < count; ++i) this.cells.push(0);
    return first;
  }

  // The cells of an object, made when it is first named; 0 where it never was.
  arenaAt(index) { return (this.arenaCells[index] ??= this.newCells(ARENA.size)); }
  poolAt(pool) { return (this.poolCells[pool] ??= this.newCells(POOL.size)); }
  blockAt(pool, block) {
    const blocks = (this.blockCells[pool] ??= new Int32Array(this.layout.mostBlocks));
    if (blocks[block] === 0) blocks[block] = this.newCells(BLOCK.size);
    return blocks[block];
  }

  write(cell, value) {
    if (this.cells[cell] === value) return;
    this.changes.cell.push(cell);
    this.changes.before.push(this.cells[cell]);
    this.changes.after.push(value);
    this.cells[cell] = value;
  }

  writeMasked(bytes, first, fields) {
    const mask = bytes.number();
    for (let i = 0; i < fields; ++i) if (mask & (1 << i)) this.write(first + i, bytes.number());
  }

  read(bytes) {
    const most = this.layout.mostBlocks;
    let held = 0;
    for (let state = 1; state <= this.states; ++state) {
      this.firstChange[state] = this.changes.cell.length;
      for (let i = 0; i < STEP.size; ++i) this.steps[state * STEP.size + i] = bytes.number();
      for (let count = bytes.number(); count > 0; --count) {
        const pool = bytes.number();
        this.writeMasked(bytes, this.poolAt(pool), POOL.size);
        for (let links = bytes.number(); links > 0; --links) {
          const block = this.blockAt(pool, bytes.number());
          this.write(block + BLOCK.link, bytes.number());
        }
      }
      for (let count = bytes.number(); count > 0; --count) {
        const place = bytes.number();
        const block = this.blockAt(Math.floor(place / most), place % most);
        const slot = bytes.number();
        held += (slot === 0 ? 0 : 1) - (this.cells[block + BLOCK.slot] === 0 ? 0 : 1);
        this.write(block + BLOCK.slot, slot);
        this.write(block + BLOCK.bytes, slot === 0 ? 0 : bytes.number());
      }
      for (let count = bytes.number(); count > 0; --count) {
        const end = bytes.number();
        this.write(this.listCells + end, bytes.number());
      }
      for (let count = bytes.number(); count > 0; --count) this.writeMasked(bytes, this.arenaAt(bytes.number()), ARENA.size);
      for (let i = 0; i < 3; ++i) this.write(this.otherCells + i, bytes.number());
      this.heldBlocks[state] = held + this.cells[this.otherCells + 1];
    }
    this.firstChange[this.states + 1] = this.changes.cell.length;
  }

  goTo(state) {
    const { cell, before, after } = this.changes;
    const target = this.firstChange[state + 1];
    let at = this.firstChange[this.state + 1];
    for (; at < target; ++at) this.cells[cell[at]] = after[at];
    while (at > target) this.cells[cell[--at]] = before[at];
    this.state = state;
  }

  // How the step to this state ended, and the places of its slot's block.
  step(state) {
    const first = state * STEP.size;
    return { end: this.steps[first], before: this.place(this.steps[first + 1]), after: this.place(this.steps[first + 2]) };
  }
  place(number) {
    if (number === 0) return null;
    if (number === 1) return { outside: true };
    const pool = Math.floor((number - 2) / this.layout.mostBlocks);
    return { ...this.name(pool), number: pool, block: (number - 2) % this.layout.mostBlocks };
  }
  name(pool) { return { arena: Math.floor(pool / this.layout.poolsPerArena), pool: pool % this.layout.poolsPerArena }; }

  get outside() { return { blocks: this.cells[this.otherCells + 1], bytes: this.cells[this.otherCells + 2] }; }
  blockSize(sizeClass) { return (sizeClass + 1) * this.layout.alignment; }
  capacity(sizeClass) {
    return sizeClass < this.layout.classes ? Math.floor((this.layout.poolSize - this.layout.overhead) / this.blockSize(sizeClass)) : 0;
  }

  // Indices of the arenas that have memory.
  arenas() {
    const found = [];
    for (let i = 0; i < this.arenaCells.length; ++i) {
      if (this.arenaCells[i] !== undefined && this.cells[this.arenaCells[i] + ARENA.address] !== 0) found.push(i);
    }
    return found;
  }
  arena(index) {
    const at = this.arenaAt(index);
    const field = (i) => this.cells[at + i];
    return { index, address: this.origin + field(ARENA.address) - 1, carved: field(ARENA.carved), freePools: field(ARENA.freePools),
      totalPools: field(ARENA.totalPools), freepools: field(ARENA.freepools), next: field(ARENA.next), prev: field(ARENA.prev) };
  }
  hasArena(index) { return this.arenaCells[index] !== undefined && this.cells[this.arenaCells[index] + ARENA.address] !== 0; }
  // Pools that fit into the arena: what ntotalpools should be, as the record has pools beyond it only of a damaged arena.
  fits(arena) { return this.layout.poolsPerArena - (arena.address % this.layout.poolSize === 0 ? 0 : 1); }

  isCarved(pool) {
    const { arena, pool: number } = this.name(pool);
    return this.hasArena(arena) && number < this.cells[this.arenaCells[arena] + ARENA.carved];
  }
  pool(pool) {
    const at = this.poolCells[pool];
    if (at === undefined || !this.isCarved(pool)) return { number: pool, ...this.name(pool), state: 'virgin', capacity: 0, carved: 0 };
    const field = (i) => this.cells[at + i];
    const sizeClass = field(POOL.sizeClass);
    const capacity = this.capacity(sizeClass);
    const refCount = field(POOL.refCount);
    const blockSize = this.blockSize(sizeClass);
    return { number: pool, ...this.name(pool), refCount, sizeClass, nextOffset: field(POOL.nextOffset),
      maxNextOffset: field(POOL.maxNextOffset), arenaIndex: field(POOL.arenaIndex), freeblock: field(POOL.freeblock),
      nextpool: field(POOL.nextpool), prevpool: field(POOL.prevpool), capacity, blockSize,
      carved: capacity === 0 ? 0 : Math.min(capacity, Math.floor(Math.max(0, field(POOL.nextOffset) - this.layout.overhead) / blockSize)),
      state: refCount === 0 ? 'empty' : refCount >= capacity ? 'full' : 'used' };
  }
  poolAddress(name) {
    const arena = this.arena(name.arena);
    return Math.ceil(arena.address / this.layout.poolSize) * this.layout.poolSize + name.pool * this.layout.poolSize;
  }

  blockCell(pool, block, field) {
    const blocks = this.blockCells[pool];
    return blocks === undefined || blocks[block] === 0 ? 0 : this.cells[blocks[block] + field];
  }
  held(pool, block) {
    const slot = this.blockCell(pool, block, BLOCK.slot);
    return slot === 0 ? null : { slot: slot - 1, bytes: this.blockCell(pool, block, BLOCK.bytes) };
  }
  // Numbers of blocks in the order of the list, and how it ends: properly, 'outside' or 'around'.
  freeList(pool) {
    const blocks = [];
    let link = pool.freeblock ?? 0;
    for (; link >= 2; link = this.blockCell(pool.number, link - 2, BLOCK.link)) {
      if (blocks.length === pool.capacity) return { blocks, end: 'around' };
      blocks.push(link - 2);
    }
    return { blocks, end: link === 1 ? 'outside' : '' };
  }

  usedList(sizeClass) { return this.follow(this.cells[this.listCells + 2 * sizeClass], (pool) => this.pool(pool).nextpool, (pool) => this.isCarved(pool)); }
  usableArenas() {
    return this.follow(this.cells[this.otherCells], (index) => this.arena(index).next, (index) => this.hasArena(index));
  }
  follow(first, next, exists) {
    const members = [];
    const seen = new Set();
    for (let link = first; link !== 0; link = next(link - 2)) {
      if (link === 1 || !exists(link - 2)) return { members, end: 'outside' };
      if (seen.has(link)) return { members, end: 'around' };
      seen.add(link);
      members.push(link - 2);
    }
    return { members, end: '' };
  }

  // The pools in which something changed on the way to this state.
  changedPools() {
    if (this.poolOfCell === undefined) {
      this.poolOfCell = new Int32Array(this.cells.length).fill(-1);
      this.poolCells.forEach((first, pool) => this.poolOfCell.fill(pool, first, first + POOL.size));
      this.blockCells.forEach((blocks, pool) => blocks.forEach((first) => first && this.poolOfCell.fill(pool, first, first + BLOCK.size)));
    }
    const pools = new Set();
    for (let i = this.firstChange[this.state]; i < this.firstChange[this.state + 1]; ++i) {
      const pool = this.poolOfCell[this.changes.cell[i]];
      if (pool >= 0) pools.add(pool);
    }
    return pools;
  }

  // The same as checksum() in heap_record.cpp gives for the real heap.
  checksum() {
    let sum = 2166136261;
    const add = (number) => { sum = Math.imul(sum ^ (number % 4294967296), 16777619); };
    for (const index of this.arenas()) {
      const arena = this.arena(index);
      [index, arena.freePools, arena.totalPools].forEach(add);
      for (let number = 0; number < arena.carved; ++number) {
        const pool = this.pool(index * this.layout.poolsPerArena + number);
        [pool.refCount, pool.sizeClass, pool.nextOffset].forEach(add);
        this.freeList(pool).blocks.forEach(add);
        for (let block = 0; block < pool.capacity; ++block) {
          const held = this.held(pool.number, block);
          if (held) [block, held.slot, held.bytes].forEach(add);
        }
      }
    }
    for (let sizeClass = 0; sizeClass < this.layout.classes; ++sizeClass) {
      const list = this.usedList(sizeClass);
      if (list.members.length === 0 && list.end === '') continue;
      [sizeClass, ...list.members].forEach(add);
    }
    this.usableArenas().members.forEach(add);
    add(this.outside.blocks);
    return sum >>> 0;
  }
}
