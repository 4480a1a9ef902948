// ReceiveFiles fetches the files of a ReceiveAll, one after the other on one connection: what is
// not there yet is asked for ahead of the answers, what is goes the way of a Download.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/error.h"
#include "file/directory.h"
#include "file/directory_reader.h"
#include "file/partial_file.h"
#include "protocol/lab/client.h"
#include "protocol/lab/codec.h"
#include "protocol/lab/download_tree.h"
#include "protocol/transfer/rate_limit.h"

struct stat;

namespace netlab {

class ReceiveFiles {
 public:
  ReceiveFiles(ReceiveAll& order, LabConnection& server, Network& network)
      : order_(order),
        with_(order.receiving),
        server_(server),
        network_(network),
        pace_(with_.limit_rate, network) {}

  // One whose name and state are known. `is_new`: nothing is at its place that we did not put
  // there. Throws SystemError, ProtocolError when the others can't be had either.
  void receive(const std::string& remote, const Place& place, const Entry& entry, bool is_new);
  // Those of which something is there, and which wait for that: what it is has to be found out.
  void receive_postponed();
  // Until no more than so many bytes of requests have no answer.
  void take_answers(std::size_t left);

  void fail(const std::string& why);
  void skip() { ++tally_.skipped; }
  const Tally& tally() const { return tally_; }

 private:
  // A file that has been asked for.
  struct Awaited {
    std::string remote;
    Place place;
    bool is_confirmed;      // a STAT behind its bytes tells whether it has changed meanwhile
    std::size_t asked = 0;  // bytes of the requests for it
  };

  void wait_anew() { server_.set_deadline(later(network_.now(), with_.silence)); }
  void postpone(Awaited file);
  void ask(Awaited file);
  void ask_confirmed(const Awaited& file);
  void ask_anew();
  void take_answer(const Awaited& file);
  void take_small(const Awaited& file, const lab::Found& found);
  void take_large(const Awaited& file, const lab::Found& found);
  bool confirm(const Awaited& file, const lab::Found& found);
  void receive_carefully(const Awaited& file);
  Finish finish_of(const lab::Found& found) const;
  void moved(std::uint64_t bytes);
  void count(const Awaited& file, std::uint64_t bytes);

  ReceiveAll& order_;
  const Receiving& with_;
  LabConnection& server_;
  Network& network_;
  Pace pace_;
  Tally tally_;
  std::deque<Awaited> awaited_;
  std::vector<Awaited> postponed_;
  std::size_t asked_bytes_ = 0;
  std::uint64_t left_ = 0;  // bytes of the file that is coming
  std::uint64_t done_ = 0;
  std::uint64_t expected_ = 0;
};

// After these no further file can be written either.
bool is_of_disk(const SystemError& error);
// Why there is nothing of that name, for people.
std::string refused_words(const std::string& name, const lab::Refusal& refusal);

}  // namespace netlab
