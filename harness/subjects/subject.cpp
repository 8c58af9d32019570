#include "harness/subjects/subject.hpp"

#include "harness/subjects/heap_view.hpp"

namespace poolhammer {

bool Subject::has(OperationKind function) const {
  switch (function) {
    case OperationKind::malloc:
    case OperationKind::calloc:
    case OperationKind::realloc:
    case OperationKind::free:
      return true;
    default:
      return false;
  }
}

Answer Subject::call(const FunctionCall& call) {
  Answer answer;
  switch (call.function) {
    case OperationKind::malloc:
      answer.block = malloc(call.size);
      break;
    case OperationKind::calloc:
      answer.block = calloc(call.count, call.size);
      break;
    case OperationKind::realloc:
      answer.block = realloc(call.block, call.size);
      break;
    case OperationKind::free:
      free(call.block);
      break;
    default:
      break;
  }
  return answer;
}

LayoutId Subject::layout() const {
  const HeapView* const inside = view();
  return inside == nullptr ? LayoutId::classic
                           : layout_named(inside->layout().name).value_or(LayoutId::classic);
}

}  // namespace poolhammer
