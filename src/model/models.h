// The serving models: how one server handles many clients. To add one, write its serve function and
// add a row in models.cc.
#pragma once

#include <span>
#include <string_view>

#include "model/service.h"

namespace netlab {

struct Model {
  std::string_view name;
  std::string_view summary;
  // Listens and serves until stopped, or one client with service.once. Returns false if that one
  // client's session failed. Throws SystemError if it cannot listen or the kernel lacks a feature
  // the model needs.
  bool (*serve)(const Service& service);
};

std::span<const Model> models();

bool serve_iteratively(const Service& service);
bool serve_with_fork(const Service& service);
bool serve_with_threads(const Service& service);
bool serve_with_epoll(const Service& service);
bool serve_with_uring(const Service& service);

}  // namespace netlab
