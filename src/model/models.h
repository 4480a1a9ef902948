// The serving models: how one server treats many clients. A further one is one file and one row in
// models.cc.
#pragma once

#include <span>
#include <string_view>

#include "model/service.h"

namespace netlab {

struct Model {
  std::string_view name;
  std::string_view summary;
  // Listens and serves until it is stopped, or once. Returns false when the one client of `once`
  // was served badly. Throws SystemError when it can't listen or the kernel lacks what the model
  // needs.
  bool (*serve)(const Service& service);
};

std::span<const Model> models();

bool serve_iteratively(const Service& service);
bool serve_with_fork(const Service& service);
bool serve_with_threads(const Service& service);
bool serve_with_epoll(const Service& service);
bool serve_with_uring(const Service& service);

}  // namespace netlab
