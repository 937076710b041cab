#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <ATen/core/stack.h>

#include <cmath>

#include "addon.h"

namespace {

using c10::IValue;
using c10::TypeKind;

template <class T>
IValue listOf(const Napi::Value& value, T (*element)(const Napi::Value&)) {
  TORCH_CHECK_TYPE(value.IsArray(), "is not an array");
  const auto array = value.As<Napi::Array>();
  c10::List<T> list;
  list.reserve(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::HandleScope scope(value.Env());
    list.push_back(element(array.Get(i)));
  }
  return list;
}

double asNumber(const Napi::Value& value) {
  TORCH_CHECK_TYPE(value.IsNumber(), "is not a number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t asInteger(const Napi::Value& value) {
  const double number = asNumber(value);
  TORCH_CHECK_TYPE(std::trunc(number) == number && std::abs(number) <= 9007199254740991.0, "is not a whole number");
  return static_cast<int64_t>(number);
}

bool asFlag(const Napi::Value& value) {
  TORCH_CHECK_TYPE(value.IsBoolean(), "is not a boolean");
  return value.As<Napi::Boolean>().Value();
}

at::Tensor asTensor(const Napi::Value& value) { return stateOf(value.Env()).tensors.get(asNumber(value)); }

IValue asList(const Napi::Value& value, const c10::Type& element) {
  switch (element.kind()) {
    case TypeKind::TensorType:
      return listOf<at::Tensor>(value, asTensor);
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      return listOf<int64_t>(value, asInteger);
    case TypeKind::FloatType:
      return listOf<double>(value, asNumber);
    case TypeKind::BoolType:
      return listOf<bool>(value, asFlag);
    case TypeKind::OptionalType:
      return listOf<std::optional<at::Tensor>>(value, [](const Napi::Value& item) -> std::optional<at::Tensor> {
        if (item.IsNull()) return std::nullopt;
        return asTensor(item);
      });
    default:
      TORCH_CHECK_TYPE(false, "is a list of ", element.str(), ", which cannot be given");
  }
}

/** A JavaScript value as the schema wants it. Throws c10::TypeError with the end of a sentence. */
IValue toTorch(const Napi::Value& value, const c10::Type& type) {
  switch (type.kind()) {
    case TypeKind::OptionalType:
      if (value.IsNull()) return IValue();
      return toTorch(value, *type.castRaw<c10::OptionalType>()->getElementType());
    case TypeKind::TensorType:
      return asTensor(value);
    case TypeKind::ListType:
      return asList(value, *type.castRaw<c10::ListType>()->getElementType());
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      // Element types are integers in schemas.
      if (value.IsString()) return static_cast<int64_t>(dtypeNamed(value.As<Napi::String>()));
      return asInteger(value);
    case TypeKind::FloatType:
      return asNumber(value);
    case TypeKind::NumberType: {
      const double number = asNumber(value);
      if (std::trunc(number) == number && std::abs(number) < 1e15) return static_cast<int64_t>(number);
      return number;
    }
    case TypeKind::BoolType:
      return asFlag(value);
    case TypeKind::StringType:
      TORCH_CHECK_TYPE(value.IsString(), "is not a text");
      return value.As<Napi::String>().Utf8Value();
    case TypeKind::DeviceObjType:
      TORCH_CHECK_TYPE(value.IsString(), "is not a device");
      return c10::Device(value.As<Napi::String>().Utf8Value());
    default:
      TORCH_CHECK_TYPE(false, "is of type ", type.str(), ", which cannot be given");
  }
}

/** Tensors as handles, lists as arrays. */
Napi::Value toScript(Napi::Env env, const IValue& value) {
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return env.Null();
    return Napi::Number::New(env, stateOf(env).tensors.add(tensor));
  }
  if (value.isTensorList()) {
    const auto list = value.toTensorVector();
    const auto array = Napi::Array::New(env, list.size());
    for (size_t i = 0; i < list.size(); i++) {
      array.Set(static_cast<uint32_t>(i), Napi::Number::New(env, stateOf(env).tensors.add(list[i])));
    }
    return array;
  }
  if (value.isInt()) return Napi::Number::New(env, static_cast<double>(value.toInt()));
  if (value.isDouble()) return Napi::Number::New(env, value.toDouble());
  if (value.isBool()) return Napi::Boolean::New(env, value.toBool());
  if (value.isNone()) return env.Null();
  TORCH_CHECK(false, "the operation gives a ", value.tagKind(), ", which cannot be taken");
}

Napi::Value call(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  State& state = stateOf(env);
  const auto index = static_cast<size_t>(numberAt(info, 0));
  TORCH_CHECK(index < state.operators.size(), "no operator has the number ", index);
  const c10::OperatorHandle& op = state.operators[index];
  const auto& arguments = op.schema().arguments();
  TORCH_CHECK_TYPE(info.Length() - 1 <= arguments.size(), "takes ", arguments.size(), " arguments, not ", info.Length() - 1);
  torch::jit::Stack stack;
  stack.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); i++) {
    const c10::Argument& argument = arguments[i];
    if (i + 1 < info.Length() && !info[i + 1].IsUndefined()) {
      try {
        stack.push_back(toTorch(info[i + 1], *argument.type()));
      } catch (const c10::TypeError& error) {
        TORCH_CHECK_TYPE(false, "its argument ", argument.name(), " ", error.msg());
      }
    } else {
      TORCH_CHECK_TYPE(argument.default_value().has_value(), "its argument ", argument.name(), " is missing");
      stack.push_back(*argument.default_value());
    }
  }
  op.callBoxed(&stack);
  if (stack.empty()) return env.Undefined();
  if (stack.size() == 1) return toScript(env, stack[0]);
  const auto results = Napi::Array::New(env, stack.size());
  for (size_t i = 0; i < stack.size(); i++) results.Set(static_cast<uint32_t>(i), toScript(env, stack[i]));
  return results;
}

}  // namespace

void defineCalls(Napi::Env env, Napi::Object exports) {
  define(env, exports, "operator", [](const Napi::CallbackInfo& info) -> Napi::Value {
    State& state = stateOf(info.Env());
    const auto found = c10::Dispatcher::singleton().findSchema({textAt(info, 0), textAt(info, 1)});
    TORCH_CHECK(found.has_value(), "this libtorch has no operator ", textAt(info, 0), ".", textAt(info, 1));
    state.operators.push_back(*found);
    return Napi::Number::New(info.Env(), static_cast<double>(state.operators.size() - 1));
  });
  define(env, exports, "call", call);
}
