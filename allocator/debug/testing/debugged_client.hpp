#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/debugged.hpp"
#include "allocator/debug/testing/decisions.hpp"
#include "allocator/debug/testing/plain_base.hpp"

namespace pymalloc {

/// A block as its client knows it.
struct ClientBlock {
  std::byte* data = nullptr;
  std::size_t size = 0;
  Domain domain = Domain::raw;
  std::optional<std::size_t> serial{};
};

/// A correct program over one debug layer for each domain, all with the same options over one base, and a
/// model of what the layers must hold. The first thing that is not as it must be is kept as a complaint.
class DebuggedClient {
 public:
  struct Setup {
    DebugOptions options{};
    FreedMemory freed = FreedMemory::left_as_it_is;
    bool shrinks_in_place = false;
  };

  Setup setup;
  PlainBase base;
  Reports reports{};
  std::vector<ClientBlock> live{};
  std::string complaint{};  ///< empty where all is as it must be

  /// Chooses the setup by two decisions.
  explicit DebuggedClient(Decisions& decisions) : DebuggedClient(decisions, chosen(decisions)) {}
  DebuggedClient(Decisions& decisions, const Setup& chosen_setup)
      : setup(chosen_setup), base(setup.freed, base_bytes), decisions_(decisions) {
    base.shrinks_in_place = setup.shrinks_in_place;
    setup.options.handler = reports.handler();
    for (std::size_t i = 0; i < domains; ++i) {
      layers_.at(i) =
          std::make_unique<DebugLayer>(functions_of(base), static_cast<Domain>(i), counter_, setup.options);
    }
  }

  [[nodiscard]] bool knows_by_registry() const { return setup.options.registry || holds_back(); }
  [[nodiscard]] bool holds_back() const { return setup.options.quarantine_bytes > 0; }
  [[nodiscard]] DebugLayer& layer(Domain domain) { return *layers_.at(static_cast<std::size_t>(domain)); }
  [[nodiscard]] std::deque<ClientBlock>& held(Domain domain) {
    return held_.at(static_cast<std::size_t>(domain));
  }
  [[nodiscard]] std::size_t total(const ClientBlock& block) const {
    return BlockShape::prefix + block.size + BlockShape::tail(setup.options.serials);
  }

  /// Performs one correct operation.
  void step() {
    switch (decisions_.below(16)) {
      case 0:
        check_all();
        break;
      case 1:
        // A layer that holds blocks back gives them up instead of failing; that has a test of its own.
        if (!holds_back()) base.refuse_after(decisions_.below(3));
        break;
      case 2:
        flush(any_domain());
        break;
      case 3:
      case 4:
        allocate(true);
        break;
      case 5:
      case 6:
      case 7:
      case 8:
        if (!live.empty()) resize(any(live));
        break;
      case 9:
      case 10:
      case 11:
        if (!live.empty()) release(any(live));
        break;
      default:
        allocate(false);
        break;
    }
    if (!reports.seen.empty()) complain("a correct program was accused: " + reports.text());
  }

  /// Frees all and looks for what is left.
  void finish() {
    while (!live.empty()) release(live.size() - 1);
    check_all();
    for (std::size_t i = 0; i < domains; ++i) flush(static_cast<Domain>(i));
    if (!reports.seen.empty()) complain("a correct program was accused at its end: " + reports.text());
    demand(base.live() == 0, "the layers keep memory of the base");
    demand(base.wrong_frees() == 0, "the base was given what it had not given");
    demand(base.late_writes() == 0, "memory was written to after the base had it back");
  }

  /// Takes a live block out of the program's hands, after it was freed.
  void release(std::size_t index) {
    const ClientBlock block = live.at(index);
    demand_contents(block, block.size);
    layer(block.domain).free(block.data);
    forget(index);
    hold(block);
  }

  void flush(Domain domain) {
    layer(domain).flush();
    held(domain).clear();
    demand(layer(domain).held_bytes() == 0, "flush() left something");
  }

  [[nodiscard]] std::size_t any(const std::vector<ClientBlock>& blocks) {
    return decisions_.below(blocks.size());
  }
  [[nodiscard]] Domain any_domain() { return static_cast<Domain>(decisions_.below(domains)); }

  void complain(const std::string& text) {
    if (complaint.empty()) complaint = text;
  }
  void demand(bool condition, const char* otherwise) {
    if (!condition) complain(otherwise);
  }

 private:
  [[nodiscard]] static Setup chosen(Decisions& decisions) {
    constexpr std::array budgets = {std::size_t{0}, std::size_t{200}, std::size_t{2000}, std::size_t{50000}};
    const std::size_t bits = decisions.below(16);
    Setup setup;
    setup.options.serials = (bits & 1U) != 0;
    setup.options.registry = (bits & 2U) != 0;
    setup.freed = (bits & 4U) != 0 ? FreedMemory::overwritten : FreedMemory::left_as_it_is;
    setup.shrinks_in_place = (bits & 8U) != 0;
    setup.options.quarantine_bytes = budgets.at(decisions.below(budgets.size()));
    return setup;
  }

  [[nodiscard]] std::size_t any_size() {
    return decisions_.below(8) == 0 ? decisions_.below(700) : decisions_.below(65);
  }

  void allocate(bool zeroed) {
    const std::size_t size = any_size();
    const Domain domain = any_domain();
    const std::size_t refused = base.refused();
    void* const data = zeroed ? layer(domain).calloc(size, 1) : layer(domain).malloc(size);
    after_request(domain, data, refused);
    if (data == nullptr) return;
    const ClientBlock block = noted({static_cast<std::byte*>(data), size, domain});
    demand(all_are(block.data, size, zeroed ? std::byte{0} : fresh_byte), "new bytes have a wrong value");
    Debugged::written(block.data, size);
    live.push_back(block);
  }

  void resize(std::size_t index) {
    const ClientBlock old = live.at(index);
    const std::size_t size = any_size();
    const std::size_t refused = base.refused();
    void* const data = layer(old.domain).realloc(old.data, size);
    if (data == nullptr) {
      after_request(old.domain, data, refused);
      demand_contents(old, old.size);
      return;
    }
    const ClientBlock block = noted({static_cast<std::byte*>(data), size, old.domain});
    live.at(index) = block;
    if (base.refused() != refused) held(old.domain).clear();
    hold(old);
    const std::size_t kept = std::min(size, old.size);
    demand_contents(block, kept);
    demand(all_are(block.data + kept, size - kept, fresh_byte), "grown bytes are not fresh");
    Debugged::written(block.data, size);
  }

  /// A request fails only where the base refused, and a layer that holds blocks back gives them all up then.
  void after_request(Domain domain, const void* data, std::size_t refused_before) {
    const bool refused = base.refused() != refused_before;
    if (data == nullptr) demand(refused, "a request was refused though the base had not");
    if (refused && layer(domain).held_bytes() == 0) held(domain).clear();
  }

  void check_all() {
    for (const auto& each : layers_) demand(each->check() == 0, "check() finds damage in a correct program");
    for (const ClientBlock& block : live) demand_contents(block, block.size);
  }

  void hold(const ClientBlock& block) {
    if (!holds_back()) return;
    std::deque<ClientBlock>& queue = held(block.domain);
    queue.push_back(block);
    std::size_t bytes = 0;
    for (const ClientBlock& each : queue) bytes += total(each);
    for (; bytes > setup.options.quarantine_bytes; queue.pop_front()) bytes -= total(queue.front());
    demand(layer(block.domain).held_bytes() == bytes, "another number of bytes is held back than must be");
    for (const ClientBlock& each : queue)
      demand(base.size_of(each.data + BlockShape::begin()) == total(each), "a held block is the base's");
  }

  [[nodiscard]] ClientBlock noted(ClientBlock block) const {
    if (setup.options.serials) block.serial = counter_.last();
    return block;
  }
  void demand_contents(const ClientBlock& block, std::size_t size) {
    demand(Debugged::still_written(block.data, size), "a client's bytes were changed");
  }
  void forget(std::size_t index) {
    live.at(index) = live.back();
    live.pop_back();
  }

  static constexpr std::size_t base_bytes = std::size_t{1} << 16U;

  Decisions& decisions_;
  SerialCounter counter_;
  std::array<std::deque<ClientBlock>, domains> held_;
  // Last, so that they end first: they use all above.
  std::array<std::unique_ptr<DebugLayer>, domains> layers_;
};

}  // namespace pymalloc
