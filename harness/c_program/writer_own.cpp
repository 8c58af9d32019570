#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/c_program/names.hpp"
#include "harness/c_program/writer.hpp"
#include "harness/trace/text.hpp"

// Operations that only the allocator has.
namespace poolhammer::c {

std::string Writer::own_call(const Operation& operation, const OwnOperation& declaration, const Slot& slot) {
  const OwnNumbers numbers = numbers_of(in_range(operation, callee_.own_operations()));
  std::string arguments;
  std::size_t next = 0;
  for (const OwnParameter& parameter : declaration.parameters) {
    if (!arguments.empty()) arguments += ", ";
    if (parameter.is_number())
      arguments += callee_.own_number(operation.own, numbers.at(next++));
    else if (parameter.kind == ParameterKind::block_size)
      arguments += callee_.own_block_size(slot.name());
    else
      arguments += slot.name();
  }
  text_.used.own.insert(operation.own);
  return fmt::format("{}({})", own_name(declaration), arguments);
}

void Writer::own(const Operation& operation) {
  const OwnOperation* const declaration = declared(operation, callee_.own_operations());
  if (declaration == nullptr) return line(fmt::format("/* {} */", to_text(operation)));
  const bool takes_slot = operation.kind != OperationKind::own;
  Slot none;
  Slot& slot = takes_slot ? slot_of(operation.slot) : none;
  const bool gives = declaration->effect == OwnEffect::gives;
  if (gives || declaration->effect == OwnEffect::resizes) return own_block(operation, *declaration, slot);
  if (takes_slot && !slot.live()) return;
  const bool frees = declaration->effect == OwnEffect::frees;
  const bool frees_all = declaration->effect == OwnEffect::frees_all;
  if (takes_slot) open(fmt::format("if ({} != NULL) {{", slot.name()));
  for (const auto& [number, each] : slots_) {
    if (!everything() || !each.live() || !(frees_all || (takes_slot && &each == &slot))) continue;
    const Helper helper = frees || frees_all ? Helper::leave : Helper::intact;
    need(helper);
    line(fmt::format("{}({});", helper == Helper::leave ? "leave" : "intact", each.number));
  }
  const std::string call = own_call(operation, *declaration, slot);
  if (callee_.own_says(operation.own) && (everything() || guilty(Check::own_complaint)))
    test_words(call, fmt::format("{} to complain about nothing", declaration->name));
  else
    line(call + ";");
  if (frees || frees_all) line(callee_.own_freed(frees ? slot.name() : ""));
  if (takes_slot) close();
  if (frees) slot.block = {};
  if (!frees_all) return;
  for (auto& [number, each] : slots_) each.block = {};
  if (exhausted_) line("held.clear();");
  exhausted_.reset();
}

/// Of an operation that gives a block, or gives one another size.
void Writer::own_block(const Operation& operation, const OwnOperation& declaration, Slot& slot) {
  const OwnNumbers numbers = numbers_of(in_range(operation, callee_.own_operations()));
  const std::uint64_t size = number_with(ParameterRole::size, declaration, numbers).value_or(0);
  const std::optional<std::uint64_t> asked = number_with(ParameterRole::alignment, declaration, numbers);
  const std::uint64_t alignment = callee_.own_alignment(size, asked);
  const bool resizes = declaration.effect == OwnEffect::resizes;
  if (resizes ? !slot.live() : slot.live() && !slot.doubtful) return;
  if (!slot.introduced) variable("void *", slot.name(), "NULL");
  slot.introduced = true;
  const std::string block =
      callee_.own_given(own_call(operation, declaration, slot), resizes ? slot.name() : "", size, asked);
  const bool sure = !slot.live();
  if (!sure) open(fmt::format("if ({} {} NULL) {{", slot.name(), resizes ? "!=" : "=="));
  const std::uint64_t kept = resizes ? std::min(slot.written, size) : 0;
  slot.block = {static_cast<std::byte*>(static_cast<void*>(&slots_)), static_cast<std::size_t>(size),
                static_cast<std::size_t>(asked.value_or(1)), Function::malloc};
  slot.doubtful = true;
  if (!resizes) {
    line(fmt::format("{} = {};", slot.name(), block));
    note_block(size, alignment, false, slot);
    if (guilty_) test_place(slot, alignment);
    fill(slot);
  } else if (everything()) {
    need(Helper::intact);
    need(Helper::resized);
    line(fmt::format("intact({});", slot.number));
    line(fmt::format("{} = resized({}, {}, {}, {});", slot.name(), slot.number, block, c_number(size),
                     alignment));
  } else {
    variable("void *", "result", "NULL");
    line(fmt::format("result = {};", block));
    if (guilty(Check::unchanged)) test_kept(slot, "result == NULL");
    open("if (result != NULL) {");
    line(fmt::format("{} = result;", slot.name()));
    line(fmt::format("size{} = {};", slot.number, c_number(size)));
    line(fmt::format("if (written{0} > size{0}) written{0} = size{0};", slot.number));
    slot.written = kept;
    if (guilty(Check::kept)) test_kept(slot);
    if (guilty_) test_place(slot, alignment);
    fill(slot);
    close();
  }
  if (!sure) close();
}

}  // namespace poolhammer::c
