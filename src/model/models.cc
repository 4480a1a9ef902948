#include "model/models.h"

namespace netlab {
namespace {

constexpr Model rows[] = {
    {"iterative", "one client after the other", serve_iteratively},
    {"fork", "a process for each client", serve_with_fork},
    {"threads", "a thread for each client", serve_with_threads},
    {"epoll", "one thread, an event loop on epoll(7)", serve_with_epoll},
    {"uring", "one thread, an event loop on io_uring(7)", serve_with_uring},
};

}  // namespace

std::span<const Model> models() {
  return rows;
}

}  // namespace netlab
