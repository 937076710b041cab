#include "addon.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <new>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace {

bool isMemory(const std::string& message) {
  return message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos ||
         message.find("out of memory") != std::string::npos;
}

[[noreturn]] void throwAs(Napi::Env env, const std::string& message, bool memory) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("kind", Napi::String::New(env, memory ? "memory" : "torch"));
  throw error;
}

/** Opens a library for the whole process; returns what went wrong, or an empty text. */
std::string openLibrary(const std::string& path) {
#ifdef _WIN32
  if (LoadLibraryA(path.c_str()) != nullptr) return "";
  return "LoadLibrary failed with code " + std::to_string(GetLastError());
#else
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return "";
  const char* why = dlerror();
  return why == nullptr ? "dlopen failed" : why;
#endif
}

void defineProcess(Napi::Env env, Napi::Object exports) {
  define(env, exports, "openLibrary", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::String::New(info.Env(), openLibrary(textAt(info, 0)));
  });
  define(env, exports, "version", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::String::New(info.Env(), TORCH_VERSION);
  });
  define(env, exports, "hasCuda", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(), at::globalContext().hasCUDA());
  });
  define(env, exports, "setThreads", [](const Napi::CallbackInfo& info) -> Napi::Value {
    at::set_num_threads(static_cast<int>(numberAt(info, 0)));
    return info.Env().Undefined();
  });
  define(env, exports, "threads", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Number::New(info.Env(), at::get_num_threads());
  });
}

void defineAutograd(Napi::Env env, Napi::Object exports) {
  define(env, exports, "backward", [](const Napi::CallbackInfo& info) -> Napi::Value {
    torch::autograd::backward(tensorsAt(info, 0), tensorsAt(info, 1));
    return info.Env().Undefined();
  });
  define(env, exports, "setRequiresGrad", [](const Napi::CallbackInfo& info) -> Napi::Value {
    tensorAt(info, 0).set_requires_grad(info[1].ToBoolean().Value());
    return info.Env().Undefined();
  });
  define(env, exports, "requiresGrad", [](const Napi::CallbackInfo& info) -> Napi::Value {
    return Napi::Boolean::New(info.Env(), tensorAt(info, 0).requires_grad());
  });
  define(env, exports, "grad", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const at::Tensor& grad = tensorAt(info, 0).grad();
    if (!grad.defined()) return info.Env().Null();
    return Napi::Number::New(info.Env(), stateOf(info.Env()).tensors.add(grad));
  });
  define(env, exports, "clearGrads", [](const Napi::CallbackInfo& info) -> Napi::Value {
    for (const at::Tensor& tensor : tensorsAt(info, 0)) tensor.mutable_grad().reset();
    return info.Env().Undefined();
  });
  /** Returns what it was. */
  define(env, exports, "setGradMode", [](const Napi::CallbackInfo& info) -> Napi::Value {
    const bool before = at::GradMode::is_enabled();
    at::GradMode::set_enabled(info[0].ToBoolean().Value());
    return Napi::Boolean::New(info.Env(), before);
  });
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  // Nothing here may ask ATen for CUDA: its first answer stays, and the CUDA library is opened after this.
  env.SetInstanceData<State>(new State());
  defineProcess(env, exports);
  defineAutograd(env, exports);
  defineCalls(env, exports);
  defineData(env, exports);
  return exports;
}

}  // namespace

void rethrow(Napi::Env env) {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    throwAs(env, error.what_without_backtrace(), true);
  } catch (const c10::Error& error) {
    const std::string message = error.what_without_backtrace();
    throwAs(env, message, isMemory(message));
  } catch (const std::bad_alloc& error) {
    throwAs(env, error.what(), true);
  } catch (const std::exception& error) {
    throwAs(env, error.what(), isMemory(error.what()));
  } catch (...) {
    throwAs(env, "libtorch threw something that is no exception", false);
  }
}

NODE_API_MODULE(merv_torch, initialise)
