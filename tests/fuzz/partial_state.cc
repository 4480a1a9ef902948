// The content of DEST.part.state, a file that any program may have written.
#include "file/partial_record.h"

#include "fuzz/input.h"
#include "fuzz/must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using netlab::PartialRecord;
  const PartialRecord state = PartialRecord::parse(netlab::text_of(data, size));
  if (state.emit().size() > PartialRecord::max_size) return 0;
  netlab::must(PartialRecord::parse(state.emit()) == state, "a state is read as it was written");
  return 0;
}
