#include "tensors.h"

#include <c10/util/Exception.h>

namespace {
constexpr uint64_t kPlaces = 1ULL << 24;
constexpr uint32_t kGenerations = 1U << 28;
}  // namespace

double Tensors::add(at::Tensor tensor) {
  TORCH_CHECK(tensor.defined(), "the operation gave no tensor");
  uint32_t place;
  if (free_.empty()) {
    TORCH_CHECK(places_.size() < kPlaces, "more than ", kPlaces, " tensors are held: a scope is missing");
    place = static_cast<uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  places_[place].tensor = std::move(tensor);
  return static_cast<double>(places_[place].generation * kPlaces + place);
}

const Tensors::Place* Tensors::find(double handle) const {
  // Written so that NaN fails too.
  if (!(handle >= 0 && handle < static_cast<double>(kPlaces * kGenerations))) return nullptr;
  const auto bits = static_cast<uint64_t>(handle);
  const uint64_t place = bits % kPlaces;
  if (place >= places_.size()) return nullptr;
  const Place& found = places_[place];
  return found.generation == bits / kPlaces && found.tensor.defined() ? &found : nullptr;
}

const at::Tensor& Tensors::get(double handle) const {
  const Place* found = find(handle);
  TORCH_CHECK(found != nullptr, "the tensor was released (its scope ended)");
  return found->tensor;
}

bool Tensors::release(double handle) {
  const Place* found = find(handle);
  if (found == nullptr) return false;
  const auto place = static_cast<uint32_t>(found - places_.data());
  // Moved out first: freeing memory may take long and must not see the table half changed.
  at::Tensor gone = std::move(places_[place].tensor);
  places_[place].tensor = at::Tensor();
  places_[place].generation = (places_[place].generation + 1) % kGenerations;
  free_.push_back(place);
  return true;
}
