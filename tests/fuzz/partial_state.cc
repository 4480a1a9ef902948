// What stands in DEST.part.state: a file that anybody may have written.
#include "file/partial_record.h"

#include "fuzz/input.h"
#include "fuzz/must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using netlab::PartialState;
  const PartialState state = PartialState::parse(netlab::text_of(data, size));
  if (state.emit().size() > PartialState::most) return 0;
  netlab::must(PartialState::parse(state.emit()) == state, "a state is read as it was written");
  return 0;
}
