#include "protocol/file_server.h"

#include "protocol/lab/server.h"
#include "protocol/sheet/server.h"
#include "transport/buffered_reader.h"

namespace netlab {
namespace {
bool is_uppercase(int byte) {
  return byte >= 'A' && byte <= 'Z';
}
}  // namespace

void serve_files(const FileService& service, Stream& client, Network& network) {
  BufferedReader reader(client);
  const int first = reader.peek();
  if (first < 0) return;  // the client closed the connection without a request
  if (is_uppercase(first))
    serve_lab(service, reader, client, network);
  else
    serve_sheet(service, reader, client, network);
}

}  // namespace netlab
