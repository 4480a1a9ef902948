#include "model/models.h"

namespace netlab {
namespace {

constexpr Model rows[] = {
    {"iterative", "one client at a time", serve_iteratively},
    {"fork", "one process per client", serve_with_fork},
    {"threads", "one thread per client", serve_with_threads},
    {"epoll", "one thread with an epoll(7) event loop", serve_with_epoll},
    {"uring", "one thread with an io_uring(7) event loop", serve_with_uring},
};

}  // namespace

std::span<const Model> models() {
  return rows;
}

}  // namespace netlab
