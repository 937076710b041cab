#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

/**
 * The tensors that one JavaScript environment holds, by number. A number is used once: the handle of a tensor that
 * was released is told from that of whatever took its place, so that a use after release is an error, never a wrong
 * tensor. Handles are exact in a double: 24 bits of place, 28 bits of generation.
 */
class Tensors {
 public:
  double add(at::Tensor tensor);
  /** Throws c10::Error for a handle that was released or never given. */
  const at::Tensor& get(double handle) const;
  /** False where it was released already. */
  bool release(double handle);
  size_t live() const { return places_.size() - free_.size(); }

 private:
  struct Place {
    at::Tensor tensor;
    uint32_t generation = 1;
  };
  const Place* find(double handle) const;

  std::vector<Place> places_;
  std::vector<uint32_t> free_;
};
