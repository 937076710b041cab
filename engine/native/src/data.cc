#include <ATen/ops/empty.h>

#include <cstring>

#include "addon.h"

namespace {

struct DtypeName {
  at::ScalarType type;
  const char* name;
};

constexpr DtypeName kDtypes[] = {
    {at::kFloat, "float32"}, {at::kBFloat16, "bfloat16"}, {at::kHalf, "float16"}, {at::kDouble, "float64"},
    {at::kLong, "int64"},    {at::kInt, "int32"},         {at::kByte, "uint8"},   {at::kBool, "bool"},
};

}  // namespace

at::ScalarType dtypeNamed(const std::string& name) {
  for (const DtypeName& entry : kDtypes) {
    if (name == entry.name) return entry.type;
  }
  TORCH_CHECK_TYPE(false, "is no element type: ", name);
}

const char* nameOf(at::ScalarType type) {
  for (const DtypeName& entry : kDtypes) {
    if (type == entry.type) return entry.name;
  }
  TORCH_CHECK_TYPE(false, "has an element type that is not supported: ", c10::toString(type));
}

double numberAt(const Napi::CallbackInfo& info, size_t index) {
  TORCH_CHECK_TYPE(info[index].IsNumber(), "argument ", index, " is not a number");
  return info[index].As<Napi::Number>().DoubleValue();
}

std::string textAt(const Napi::CallbackInfo& info, size_t index) {
  TORCH_CHECK_TYPE(info[index].IsString(), "argument ", index, " is not a text");
  return info[index].As<Napi::String>().Utf8Value();
}

std::vector<double> numbersAt(const Napi::CallbackInfo& info, size_t index) {
  TORCH_CHECK_TYPE(info[index].IsArray(), "argument ", index, " is not an array");
  const auto array = info[index].As<Napi::Array>();
  std::vector<double> numbers(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::HandleScope scope(info.Env());
    const Napi::Value value = array.Get(i);
    TORCH_CHECK_TYPE(value.IsNumber(), "argument ", index, " holds something that is not a number");
    numbers[i] = value.As<Napi::Number>().DoubleValue();
  }
  return numbers;
}

const at::Tensor& tensorAt(const Napi::CallbackInfo& info, size_t index) {
  return stateOf(info.Env()).tensors.get(numberAt(info, index));
}

std::vector<at::Tensor> tensorsAt(const Napi::CallbackInfo& info, size_t index) {
  std::vector<at::Tensor> tensors;
  for (const double handle : numbersAt(info, index)) tensors.push_back(stateOf(info.Env()).tensors.get(handle));
  return tensors;
}

void defineData(Napi::Env env, Napi::Object exports) {
  /** (bytes: Uint8Array, dtype, shape) -> handle; the bytes are copied. */
  define(env, exports, "fromBytes", [](const Napi::CallbackInfo& info) -> Napi::Value {
    TORCH_CHECK_TYPE(info[0].IsTypedArray(), "argument 0 is not a typed array");
    const auto bytes = info[0].As<Napi::TypedArray>();
    std::vector<int64_t> shape;
    for (const double size : numbersAt(info, 2)) {
      TORCH_CHECK(size >= 0 && size < 9e15, "a size is ", size);
      shape.push_back(static_cast<int64_t>(size));
    }
    at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(dtypeNamed(textAt(info, 1))));
    TORCH_CHECK(tensor.nbytes() == bytes.ByteLength(), "the shape needs ", tensor.nbytes(), " bytes, there are ",
                bytes.ByteLength());
    if (tensor.nbytes() > 0) {
      const auto* start = static_cast<const uint8_t*>(bytes.ArrayBuffer().Data()) + bytes.ByteOffset();
      std::memcpy(tensor.data_ptr(), start, tensor.nbytes());
    }
    return Napi::Number::New(info.Env(), stateOf(info.Env()).tensors.add(std::move(tensor)));
  });
  /** (handle, out: ArrayBuffer): a copy of a contiguous tensor in main memory; the sizes must agree. */
  define(env, exports, "readInto", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const at::Tensor& tensor = tensorAt(info, 0);
    TORCH_CHECK_TYPE(info[1].IsArrayBuffer(), "argument 1 is not an ArrayBuffer");
    auto buffer = info[1].As<Napi::ArrayBuffer>();
    TORCH_CHECK(tensor.is_contiguous() && tensor.device().is_cpu(), "the tensor is not contiguous in main memory");
    TORCH_CHECK(buffer.ByteLength() == tensor.nbytes(), "the tensor has ", tensor.nbytes(), " bytes");
    if (tensor.nbytes() > 0) std::memcpy(buffer.Data(), tensor.const_data_ptr(), tensor.nbytes());
    return info.Env().Undefined();
  });
  define(env, exports, "shape", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const auto sizes = tensorAt(info, 0).sizes();
    const auto shape = Napi::Array::New(info.Env(), sizes.size());
    for (size_t i = 0; i < sizes.size(); i++) {
      shape.Set(static_cast<uint32_t>(i), Napi::Number::New(info.Env(), static_cast<double>(sizes[i])));
    }
    return shape;
  });
  define(env, exports, "dtype", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::String::New(info.Env(), nameOf(tensorAt(info, 0).scalar_type()));
  });
  define(env, exports, "release", [](const Napi::CallbackInfo& info) -> Napi::Value {
    State& state = stateOf(info.Env());
    double released = 0;
    for (const double handle : numbersAt(info, 0)) released += state.tensors.release(handle) ? 1 : 0;
    return Napi::Number::New(info.Env(), released);
  });
  define(env, exports, "live", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<double>(stateOf(info.Env()).tensors.live()));
  });
}
