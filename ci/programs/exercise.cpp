#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

template <class Key, class Value>
class Index {
 public:
  void add(const Key& key, Value value) { places_[key].push_back(std::make_shared<Value>(std::move(value))); }
  [[nodiscard]] std::size_t size() const {
    return std::accumulate(places_.begin(), places_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& place) { return sum + place.second.size(); });
  }

 private:
  std::map<Key, std::vector<std::shared_ptr<Value>>> places_;
};

int main() {
  Index<std::string, std::vector<int>> index;
  for (int i = 0; i < 5000; ++i) {
    std::ostringstream name;
    name << "key number " << i % 61;
    index.add(name.str(), std::vector<int>(static_cast<std::size_t>(i % 200), i));
  }
  std::cout << index.size() << '\n';
}
