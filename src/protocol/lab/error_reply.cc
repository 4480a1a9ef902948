#include "protocol/lab/error_reply.h"

namespace netlab {
namespace {

std::string_view code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENAMETOOLONG:
      return lab::no_such_file;
    case ENOTDIR:
      return lab::not_a_directory;
    case EISDIR:
      return lab::is_a_directory;
    case EINVAL:
    case ENXIO:
      return lab::not_a_file;
    case EXDEV:  // the name leads outside the served directory
    case ELOOP:
    case EACCES:
    case EPERM:
      return lab::not_allowed;
    case EROFS:
      return lab::read_only;
    case EWOULDBLOCK:
      return lab::busy;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return lab::no_room;
    default:
      return lab::failed;
  }
}

// The text of the ERROR reply. Where strerror(3) would mislead, it says what the error means here.
std::string reason_of(int error) {
  if (error == EXDEV) return "leads outside the served directory";
  if (error == EINVAL || error == ENXIO) return "Not a regular file";
  if (error == EWOULDBLOCK) return "another transfer writes to it";
  return std::generic_category().message(error);
}

}  // namespace

RequestError::RequestError(const SystemError& error)
    : RequestError(code_of(error.error()), reason_of(error.error())) {}

}  // namespace netlab
