// What is said about a heap, in the words of the documentation.

const plural = (count, thing) => `${count.toLocaleString('en').replaceAll(',', ' ')} ${thing}${count === 1 ? '' : 's'}`;
const hex = (address) => '0x' + address.toString(16);
const poolWords = (name) => `pool ${name.pool} of arena ${name.arena}`;

function placeWords(place) {
  return place.outside ? 'a block outside the pools' : `block ${place.block} of ${poolWords(place)}`;
}

function classWords(heap, sizeClass) {
  if (sizeClass >= heap.layout.classes) return `class ${sizeClass}: none of the layout`;
  const smallest = sizeClass === 0 ? 1 : heap.blockSize(sizeClass - 1) + 1;
  return `class ${sizeClass}: ${smallest} to ${heap.blockSize(sizeClass)} bytes`;
}

const samePlace = (a, b) => a && b && !a.outside && !b.outside && a.number === b.number && a.block === b.block;

// The call that an operation (a line of the trace, split at blanks) makes.
function callWords([word, ...fields]) {
  switch (word) {
    case 'malloc': return `malloc(${fields[1]})`;
    case 'calloc': return `calloc(${fields[1]}, ${fields[2]})`;
    case 'realloc': return `realloc(slot ${fields[0]}, ${fields[1]})`;
    case 'free': return `free(slot ${fields[0]})`;
    case 'check': return 'check point: every oracle looks at everything';
    case 'fail-arenas': return `the next ${plural(Number(fields[0]), 'request')} for an arena will be refused`;
    case 'fail-raw': return `the next ${plural(Number(fields[0]), 'request')} to the raw allocator will be refused`;
    case 'place': return `new arenas will be placed: ${fields[0]}`;
    default: return [word, ...fields].join(' ');
  }
}

// "malloc(100) -> slot 3: block 5 of pool 2 of arena 1".
function stepWords(operation, step) {
  const call = callWords(operation);
  if (!['malloc', 'calloc', 'realloc', 'free'].includes(operation[0])) return call;
  if (step.end === 1) return `${call}: skipped, slot ${operation[1]} ${step.before ? 'holds a block' : 'would exceed the memory limit'}`;
  if (step.end === 2) return `${call}: refused, the answer is NULL`;
  if (operation[0] === 'free') return `${call}: ${step.before ? placeWords(step.before) + ' is given back' : 'a null pointer'}`;
  if (!step.after) return `${call}: no block`;
  const target = `${call} → slot ${operation[1]}: ${placeWords(step.after)}`;
  if (operation[0] !== 'realloc' || !step.before) return target;
  return samePlace(step.before, step.after) ? `${target}, where it was` : `${target}; it was ${placeWords(step.before)}`;
}

const listEnd = { '': '', outside: 'leads out of the heap', around: 'leads around in itself' };
