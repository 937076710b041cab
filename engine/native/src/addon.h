#pragma once
#include <ATen/core/dispatch/Dispatcher.h>
#include <napi.h>

#include <string>
#include <vector>

#include "tensors.h"

/** What one JavaScript environment (a main thread or a worker) holds. */
struct State {
  Tensors tensors;
  std::vector<c10::OperatorHandle> operators;
};

inline State& stateOf(Napi::Env env) { return *env.GetInstanceData<State>(); }

/** Rethrows the exception in flight as a JavaScript error with `kind`: 'memory' | 'torch'. */
[[noreturn]] void rethrow(Napi::Env env);

/** Adds a function whose C++ exceptions become JavaScript errors. */
template <class Body>
void define(Napi::Env env, Napi::Object exports, const char* name, Body body) {
  const auto guarded = [body](const Napi::CallbackInfo& info) -> Napi::Value {
    try {
      return body(info);
    } catch (const Napi::Error&) {
      throw;
    } catch (...) {
      rethrow(info.Env());
    }
  };
  exports.Set(name, Napi::Function::New(env, guarded, name));
}

double numberAt(const Napi::CallbackInfo& info, size_t index);
std::string textAt(const Napi::CallbackInfo& info, size_t index);
std::vector<double> numbersAt(const Napi::CallbackInfo& info, size_t index);
const at::Tensor& tensorAt(const Napi::CallbackInfo& info, size_t index);
std::vector<at::Tensor> tensorsAt(const Napi::CallbackInfo& info, size_t index);

at::ScalarType dtypeNamed(const std::string& name);
const char* nameOf(at::ScalarType type);

/** operator, call: every operator of libtorch, by its schema. */
void defineCalls(Napi::Env env, Napi::Object exports);
/** Typed arrays to tensors and back. */
void defineData(Napi::Env env, Napi::Object exports);
