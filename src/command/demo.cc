// netlab demo: a server and a client in one process. The connection is cut in the middle of a
// download, which is then resumed and verified.
#include <fcntl.h>
#include <fmt/core.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <random>

#include "base/error.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "impair/truncated_stream.h"
#include "model/models.h"
#include "protocol/file_server.h"
#include "protocol/lab/remote_file.h"
#include "protocol/transfer/download.h"
#include "socket/retry_eintr.h"
#include "socket/signals.h"
#include "socket/syscalls.h"
#include "transport/blocking_performer.h"

namespace netlab {
namespace {

constexpr std::uint64_t file_size = 64 * 1024 * 1024;
constexpr const char* file_name = "big.bin";

// A temporary directory that is removed even if a signal, e.g. SIGINT or SIGPIPE, terminates the
// demo. A child process waits for the end of this process and then removes it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = (std::filesystem::temp_directory_path() / "netlab-demo-XXXXXX").string();
    if (!mkdtemp(path.data())) throw SystemError("mkdtemp " + path);
    path_ = path;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw SystemError("pipe");
    Fd end(ends[0]);
    alive_ = Fd(ends[1]);
    cleaner_ = fork();
    if (cleaner_ < 0) throw SystemError("fork");
    if (cleaner_ == 0) clean_up_after(end);
  }
  ~TemporaryDirectory() {
    alive_.reset();
    retry_interrupted([this] { return waitpid(cleaner_, nullptr, 0); });
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const char* name) const { return (path_ / name).string(); }

 private:
  // Runs in the child. Reads the pipe up to end of file, which arrives once no process has its
  // write end open.
  [[noreturn]] void clean_up_after(const Fd& end) {
    alive_.reset();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
    // A reader of our output would otherwise wait for the child as well.
    const Fd nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int ours : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere.get(), ours);
    std::byte nothing{};
    call::read(end.get(), {&nothing, 1});
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    _exit(EXIT_SUCCESS);
  }

  std::filesystem::path path_;
  Fd alive_;  // the write end of the pipe, which only this process keeps open
  pid_t cleaner_ = 0;
};

void generate(const std::string& path) {
  std::mt19937_64 noise(1);
  std::array<std::uint64_t, 8192> block;
  std::ofstream file(path, std::ios::binary);
  for (std::uint64_t size = 0; size < file_size; size += sizeof block) {
    for (std::uint64_t& word : block) word = noise();
    file.write(reinterpret_cast<const char*>(block.data()), sizeof block);
  }
  if (!file.flush()) throw SystemError("write " + path, EIO);
}

bool equal(const std::string& one, const std::string& other) {
  std::ifstream first(one, std::ios::binary);
  std::ifstream second(other, std::ios::binary);
  if (std::filesystem::file_size(one) != std::filesystem::file_size(other)) return false;
  std::array<char, 65536> ours{};
  std::array<char, 65536> theirs{};
  while (first && second) {
    first.read(ours.data(), ours.size());
    second.read(theirs.data(), theirs.size());
    const auto got = static_cast<std::size_t>(first.gcount());
    if (first.gcount() != second.gcount() || std::memcmp(ours.data(), theirs.data(), got) != 0)
      return false;
  }
  return true;
}

// Serves a directory as `netlab ftp serve --epoll` does, on a free port of 127.0.0.1, in a thread
// that ends with this object.
class Server {
 public:
  explicit Server(const std::string& directory) : share_(directory, ""), stop_(stop_descriptor()) {
    auto listening = address_.get_future();
    server_ = std::async(std::launch::async, [this] { serve(); });
    listened_ = listening.get();
  }
  ~Server() { stop_now(stop_); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Address& address() const { return listened_; }

 private:
  void serve() {
    const FileService files{.share = share_, .sink = {}};
    const Service service{
        .transport = tcp(),
        .listen = [](Network& network) { return network.listen(Address::loopback(0)); },
        .handle = [&](Stream& client, Network& network) { serve_files(files, client, network); },
        .limits = {.grace = std::chrono::milliseconds(100)},
        .stop = stop_.get(),
        .listening = [this](const Listener& listener) { address_.set_value(listener.local()); },
        .failed = [](const Address&, const std::string&) {},  // the client's disconnect is intended
    };
    try {
      block_broken_pipe();
      serve_with_epoll(service);
    } catch (...) {
      address_.set_exception(std::current_exception());
    }
  }

  ServedFiles share_;
  Fd stop_;
  std::promise<Address> address_;
  Address listened_;
  std::future<void> server_;
};

class Demo : public Action {
 public:
  void declare(Options&) override {}

  ExitStatus run(const Output& output) override {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory.path("served"));
    original_ = directory.path("served/big.bin");
    copy_ = directory.path(file_name);
    generate(original_);
    output.event({"generated",
                  fmt::format("1. created {}: {} of random bytes", original_, size_text(file_size)),
                  {{"bytes", file_size}, {"path", original_}}});
    const Server server(directory.path("served"));
    output.event(
        {"listening",
         "2. server listening on " + server.address().text() + " (ftp)",
         {{"address", server.address().host()}, {"port", std::uint64_t{server.address().port()}}}});
    interrupt(server.address(), output);
    resume(server.address(), output);
    return compare(output);
  }

 private:
  void interrupt(const Address& server, const Output& output) const {
    constexpr std::uint64_t half = file_size / 2;
    output.event({"cutting",
                  fmt::format("3. client downloads {}; the connection will be cut after {} bytes",
                              file_name, half),
                  {{"after", half}}});
    std::string why;
    try {
      fetch([&] {
        return std::make_unique<TruncatedStream>(network_->connect(server, deadline()), half);
      });
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (why.empty()) throw ProtocolError("the download was not interrupted");
    const std::uint64_t kept = std::filesystem::file_size(copy_ + ".part");
    output.event({"broken", "4. connection lost: " + why, {{"message", why}}});
    output.event({"kept",
                  fmt::format("5. {} bytes kept in {}.part; {} does not exist yet", kept, file_name,
                              file_name),
                  {{"bytes", kept}}});
  }

  void resume(const Address& server, const Output& output) const {
    output.event({"resuming", "6. a second client resumes the download", {}});
    const Instant started = Clock::now();
    const DownloadOutcome outcome = fetch([&] { return network_->connect(server, deadline()); });
    const double seconds = in_seconds(Clock::now() - started);
    const double rate = static_cast<double>(outcome.received) / seconds;
    output.event({"compared",
                  fmt::format("7. the {} bytes kept match the server's file (compared by hashes)",
                              outcome.compared),
                  {{"bytes", outcome.compared}}});
    output.event({"received",
                  fmt::format("8. downloaded the rest from offset {}: {} in {:.3f} s, {}/s",
                              outcome.from, size_text(outcome.received), seconds,
                              size_text(static_cast<std::uint64_t>(rate))),
                  {{"offset", outcome.from}, {"bytes", outcome.received}, {"seconds", seconds}}});
    output.event({"renamed",
                  fmt::format("9. {}.part is complete and renamed to {}", file_name, file_name),
                  {{"path", copy_}}});
  }

  ExitStatus compare(const Output& output) const {
    const bool same = equal(original_, copy_);
    output.always({"verified",
                   same ? "10. the files are identical, byte for byte" : "10. the files differ",
                   {{"same", same}}});
    return same ? ExitStatus::done : ExitStatus::failed;
  }

  DownloadOutcome fetch(const Connect& connect) const {
    const auto remote = lab_file(connect, file_name);
    Checkpoint checkpoint;
    TransferContext context{.network = *network_};
    return download({.destination = copy_}, checkpoint, *remote, context);
  }

  static Instant deadline() { return add_saturating(Clock::now(), std::chrono::seconds(10)); }

  mutable BlockingPerformer performer_;
  std::unique_ptr<Network> network_ = tcp().over(performer_);
  std::string original_;
  std::string copy_;
};

}  // namespace

std::unique_ptr<Action> demo() {
  return std::make_unique<Demo>();
}

}  // namespace netlab
