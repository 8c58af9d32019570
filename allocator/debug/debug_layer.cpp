#include "allocator/debug/debug_layer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace pymalloc {
namespace {

constexpr std::array all_domains = {Domain::raw, Domain::mem, Domain::object};

std::uintptr_t address_of_data(const std::byte* data) {
  return reinterpret_cast<std::uintptr_t>(data);
}

BlockDamage damage_of(DamageKind kind, const std::byte* data, const BlockShape& shape,
                      std::ptrdiff_t offset) {
  return {.kind = kind,
          .owner = shape.domain,
          .address = address_of_data(data),
          .offset = offset,
          .size = shape.size,
          .serial = shape.serial,
          .freed = shape.dead};
}

BlockDamage changed_byte(DamageKind kind, const std::byte* data, const BlockShape& shape,
                         std::ptrdiff_t offset) {
  BlockDamage damage = damage_of(kind, data, shape, offset);
  damage.expected = shape.expected(offset);
  return damage;
}

/// Whether the letter and the pad before the data are those of such a block.
bool has_header(const std::byte* data, Domain domain, bool dead) {
  return !changed_in(data, {.domain = domain, .dead = dead}, BlockShape::letter_offset, 0);
}

void fill(std::byte* data, std::size_t from, std::size_t to, std::byte value) {
  if (to > from) std::memset(data + from, static_cast<int>(value), to - from);
}

}  // namespace

DebugLayer::DebugLayer(const AllocatorFunctions& base, Domain domain, SerialCounter& counter,
                       DebugOptions options)
    : base_(base), domain_(domain), counter_(counter), options_(options) {
  if (options_.registry || options_.quarantine_bytes > 0 || options_.stacks) registry_.emplace(base_);
  if (options_.stacks) stacks_.emplace(base_);
}

DebugLayer::~DebugLayer() {
  flush();
}

AllocatorFunctions DebugLayer::functions() {
  return {.context = this,
          .malloc = [](void* context,
                       std::size_t size) { return static_cast<DebugLayer*>(context)->malloc(size); },
          .calloc = [](void* context, std::size_t count,
                       std::size_t size) { return static_cast<DebugLayer*>(context)->calloc(count, size); },
          .realloc = [](void* context, void* block,
                        std::size_t size) { return static_cast<DebugLayer*>(context)->realloc(block, size); },
          .free = [](void* context, void* block) { static_cast<DebugLayer*>(context)->free(block); }};
}

void* DebugLayer::malloc(std::size_t size) {
  return allocate(size, false);
}

void* DebugLayer::calloc(std::size_t count, std::size_t size) {
  if (size != 0 && count > BlockShape::largest_size(options_.serials) / size) return nullptr;
  return allocate(count * size, true);
}

void* DebugLayer::realloc(void* block, std::size_t size) {
  if (block == nullptr) return malloc(size);
  const std::optional<BlockShape> shape = inspect(block, NoticedBy::realloc);
  if (!shape || size > BlockShape::largest_size(options_.serials)) return nullptr;
  auto* const data = static_cast<std::byte*>(block);
  return options_.quarantine_bytes > 0 ? move(data, *shape, size) : resize(data, *shape, size);
}

void DebugLayer::free(void* block) {
  if (block == nullptr) return;
  if (const auto shape = inspect(block, NoticedBy::free)) retire(static_cast<std::byte*>(block), *shape);
}

std::size_t DebugLayer::check() {
  std::size_t damaged = 0;
  if (!registry_) return damaged;
  registry_->for_each([&](const BlockRecord& record) {
    if (const auto damage = diagnose(record)) {
      ++damaged;
      handle(*damage, NoticedBy::check);
    }
  });
  return damaged;
}

void DebugLayer::flush() {
  if (!registry_) return;
  while (registry_->oldest_held() != nullptr) release_oldest();
}

BlockShape DebugLayer::new_shape(std::size_t size) {
  BlockShape shape{.size = size, .domain = domain_};
  if (options_.serials) shape.serial = counter_.take();
  return shape;
}

/// Memory held back is better spent than a request refused.
std::byte* DebugLayer::ask_base(std::size_t total, bool zeroed) {
  const auto ask = [&] {
    return static_cast<std::byte*>(zeroed ? base_.calloc(base_.context, 1, total)
                                          : base_.malloc(base_.context, total));
  };
  std::byte* const memory = ask();
  if (memory != nullptr || held_bytes() == 0) return memory;
  flush();
  return ask();
}

std::byte* DebugLayer::allocate(std::size_t size, bool zeroed) {
  if (size > BlockShape::largest_size(options_.serials)) return nullptr;
  std::byte* const start = ask_base(BlockShape::prefix + size + BlockShape::tail(options_.serials), zeroed);
  if (start == nullptr) return nullptr;
  std::byte* const data = start + BlockShape::prefix;
  const BlockShape shape = new_shape(size);
  if (registry_) {
    try {
      registry_->insert(data, shape);
    } catch (const std::bad_alloc&) {
      base_.free(base_.context, start);
      return nullptr;
    }
  }
  write_guards(data, shape);
  if (!zeroed) fill(data, 0, size, fresh_byte);
  if (stacks_) stacks_->note_allocation(data, StackTrace::here());
  return data;
}

/// A realloc whose old block is held back like any freed one.
void* DebugLayer::move(std::byte* data, const BlockShape& shape, std::size_t size) {
  std::byte* const moved = allocate(size, false);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, data, std::min(size, shape.size));
  retire(data, shape);
  return moved;
}

/// Has the base resize the block. Where it moves, the old one is out of reach afterwards: its guards must say
/// that it is freed before, and be put back where the base refuses.
void* DebugLayer::resize(std::byte* data, const BlockShape& shape, std::size_t size) {
  BlockShape dead = shape;
  dead.dead = true;
  write_guards(data, dead);
  const std::size_t total = BlockShape::prefix + size + BlockShape::tail(options_.serials);
  void* const start = base_.realloc(base_.context, data - BlockShape::prefix, total);
  if (start == nullptr) {
    write_guards(data, shape);
    return nullptr;
  }
  std::byte* const resized = static_cast<std::byte*>(start) + BlockShape::prefix;
  const BlockShape now = new_shape(size);
  fill(resized, shape.size, size, fresh_byte);
  write_guards(resized, now);
  if (registry_) registry_->replace(*registry_->find(data), resized, now);
  if (stacks_) {
    const StackTrace trace = StackTrace::here();
    if (resized != data) stacks_->note_free(data, trace);
    stacks_->note_allocation(resized, trace);
  }
  return resized;
}

void DebugLayer::retire(std::byte* data, BlockShape shape) {
  shape.dead = true;
  if (stacks_) stacks_->note_free(data, StackTrace::here());
  fill(data, 0, shape.size, dead_byte);
  write_guards(data, shape);
  if (options_.quarantine_bytes > 0) {
    registry_->hold_back(*registry_->find(data));
    while (held_bytes() > options_.quarantine_bytes) release_oldest();
    return;
  }
  if (registry_) registry_->erase(*registry_->find(data));
  base_.free(base_.context, data - BlockShape::prefix);
}

void DebugLayer::release_oldest() {
  if (const auto damage = diagnose(*registry_->oldest_held())) handle(*damage, NoticedBy::release);
  const BlockRecord record = registry_->take_oldest_held();
  base_.free(base_.context, record.data - BlockShape::prefix);
}

std::optional<BlockShape> DebugLayer::inspect(const void* pointer, NoticedBy noticed_by) {
  const auto* const data = static_cast<const std::byte*>(pointer);
  BlockShape shape;
  std::optional<BlockDamage> damage;
  if (!registry_) {
    damage = diagnose_by_bytes(data, shape);
  } else if (const BlockRecord* const record = registry_->find(data); record == nullptr) {
    damage = diagnose_unknown(data);
  } else if (record->shape.dead) {
    damage = damage_of(DamageKind::double_free, data, record->shape, 0);
  } else {
    shape = record->shape;
    damage = guard_damage(data, shape);
  }
  if (!damage) return shape;
  handle(*damage, noticed_by);
  return std::nullopt;
}

std::optional<BlockDamage> DebugLayer::diagnose(const BlockRecord& record) const {
  const BlockShape& shape = record.shape;
  if (!shape.dead) return guard_damage(record.data, shape);
  const auto changed = changed_in(record.data, shape, shape.begin(), shape.end());
  if (!changed) return std::nullopt;
  return changed_byte(DamageKind::use_after_free, record.data, shape, *changed);
}

/// What a live block's guards say against what they must hold.
std::optional<BlockDamage> DebugLayer::guard_damage(const std::byte* data, const BlockShape& shape) const {
  if (const auto changed = changed_before(data, shape)) {
    return changed_byte(DamageKind::underflow, data, shape, *changed);
  }
  if (const auto changed = changed_in(data, shape, shape.data_end(), shape.end())) {
    return changed_byte(DamageKind::overflow, data, shape, *changed);
  }
  return std::nullopt;
}

/// A pointer that the registry does not know as a block. Where another domain has a block there by now, that
/// is nearer to the truth than what this one had there before.
BlockDamage DebugLayer::diagnose_unknown(const std::byte* data) const {
  if (const BlockRecord* const record = registry_->containing(data)) {
    return damage_of(DamageKind::interior_pointer, record->data, record->shape, data - record->data);
  }
  const auto damage = header_of_another(data);
  if (damage && damage->kind == DamageKind::wrong_domain) return *damage;
  if (const BlockRecord* const record = registry_->find_gone(data)) {
    return damage_of(DamageKind::double_free, data, record->shape, 0);
  }
  return damage ? *damage
                : BlockDamage{.kind = DamageKind::foreign_pointer, .address = address_of_data(data)};
}

bool DebugLayer::header_readable(const std::byte* data) const {
  const std::uintptr_t address = address_of_data(data);
  return address >= BlockShape::prefix && address % BlockShape::word == 0 &&
         options_.readable(address - BlockShape::prefix, BlockShape::prefix);
}

/// What the bytes before an unknown pointer tell: a block that was freed, or one of another domain. Both are
/// recognised by the letter and the pad behind it, 8 bytes that data does not hold by chance; the base may
/// have used those before them, the size, for links of its own.
std::optional<BlockDamage> DebugLayer::header_of_another(const std::byte* data) const {
  if (!header_readable(data)) return std::nullopt;
  for (const Domain domain : all_domains) {
    if (has_header(data, domain, true)) {
      return BlockDamage{
          .kind = DamageKind::double_free, .owner = domain, .address = address_of_data(data), .freed = true};
    }
    if (domain != domain_ && has_header(data, domain, false)) {
      return BlockDamage{.kind = DamageKind::wrong_domain,
                         .owner = domain,
                         .address = address_of_data(data),
                         .size = number_at(data, BlockShape::begin())};
    }
  }
  return std::nullopt;
}

/// The live block that the bytes at `data` would be, where its size can be one and its end can be read.
std::optional<BlockShape> DebugLayer::shape_by_bytes(const std::byte* data) const {
  BlockShape shape{.size = number_at(data, BlockShape::begin()), .domain = domain_};
  if (shape.size > BlockShape::largest_size(options_.serials)) return std::nullopt;
  const std::uintptr_t end = address_of_data(data) + shape.size;
  const std::size_t tail = BlockShape::tail(options_.serials);
  if (end < shape.size || end + tail < end || !options_.readable(end, tail)) return std::nullopt;
  if (options_.serials)
    shape.serial = number_at(data, shape.data_end() + static_cast<std::ptrdiff_t>(BlockShape::word));
  return shape;
}

/// Without a registry a block is known by its header. Where that is damaged, it is still ours if the size
/// leads to a whole pad; else it cannot be told from foreign memory.
std::optional<BlockDamage> DebugLayer::diagnose_by_bytes(const std::byte* data, BlockShape& shape) const {
  const BlockDamage foreign{.kind = DamageKind::foreign_pointer, .address = address_of_data(data)};
  if (!header_readable(data)) return foreign;
  const std::optional<BlockShape> likely = shape_by_bytes(data);
  if (has_header(data, domain_, false)) {
    if (!likely) {
      BlockDamage damage{.kind = DamageKind::underflow, .owner = domain_, .address = address_of_data(data)};
      damage.offset = BlockShape::letter_offset - 1;
      return damage;
    }
    shape = *likely;
    return guard_damage(data, shape);
  }
  if (auto damage = header_of_another(data)) return damage;
  if (likely && !changed_in(data, *likely, likely->data_end(), likely->end()))
    return guard_damage(data, *likely);
  return foreign;
}

void DebugLayer::handle(BlockDamage damage, NoticedBy noticed_by) const {
  damage.noticed_by = noticed_by;
  damage.layer = domain_;
  damage.surroundings = Surroundings::around(damage.address, damage.offset, options_.readable);
  const auto* const data = std::bit_cast<const std::byte*>(damage.address);
  if (const auto* const stacks = stacks_ ? stacks_->find(data) : nullptr) {
    damage.allocated_by = to_string(stacks->allocated);
    damage.freed_by = to_string(stacks->freed);
  }
  options_.handler.handle(options_.handler.context, damage);
}

}  // namespace pymalloc
