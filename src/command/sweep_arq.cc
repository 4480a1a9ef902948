// netlab sweep arq: the throughput of the three ARQ strategies under packet loss, measured in a
// simulation and calculated with the textbook's formulas.
#include <fmt/core.h>

#include "base/bytes.h"
#include "base/decimal.h"
#include "cli/command.h"
#include "cli/parse_values.h"
#include "figure/plot.h"
#include "file/partial_file.h"
#include "impair/simulation/arq_experiment.h"

namespace netlab {
namespace {

constexpr std::uint64_t max_sweep_window = 32'768;
constexpr std::uint64_t max_packets = 1'000'000;
constexpr double max_measured_loss = 0.9;  // above this, almost no packet gets through

// Returns a CSS color. A switch, so that the compiler reports a strategy without one.
const char* color_of(reliable::Strategy strategy) {
  switch (strategy) {
    case reliable::Strategy::stop_and_wait:
      return "#b2182b";
    case reliable::Strategy::go_back_n:
      return "#ef8a62";
    case reliable::Strategy::selective_repeat:
      break;
  }
  return "#2166ac";
}

// Parses "0,1,5,20%": the final sign applies to every number.
std::vector<double> parse_losses(std::string text) {
  if (text.ends_with('%')) text.pop_back();
  std::vector<double> losses;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string loss = text.substr(start, comma - start);
    losses.push_back(parse_share(loss.ends_with('%') ? loss : loss + "%"));
    if (losses.back() > max_measured_loss)
      throw std::invalid_argument(
          fmt::format("'{}%' must be at most {:g}%: above that, almost no packet gets through",
                      loss, 100 * max_measured_loss));
    start = comma + 1;
  }
  return losses;
}

class SweepArq : public Action {
 public:
  void declare(Options& options) override {
    options.group("Experiment");
    options.text("--loss", losses_, "LIST", "packet loss rates (default: 0,1,2,5,10,20%)");
    options.text("--delay", delay_, "TIME", "one-way delay (default: 20ms)");
    options.rate("--rate", rate_, "bottleneck rate in bytes per second (default: 1M)");
    options.number("--window", window_, {1, max_sweep_window},
                   "maximum packets in flight (default: the bandwidth-delay product)");
    options.number("--packets", packets_, {1, max_packets},
                   "packets of 1200 bytes to deliver in each run");
    options.number("--seed", seed_, {0, max_offset},
                   "seed for the losses; the same seed repeats them");
    options.text("-o,--output", output_, "FIGURE.svg", "write a figure to this file");
  }

  ExitStatus run(const Output& output) override {
    const auto losses = of_option("--loss", [&] { return parse_losses(losses_); });
    const Duration delay = of_option("--delay", [&] { return parse_duration(delay_); });
    if (!window_) window_ = std::min(simulated::filling_window(delay, rate_), max_sweep_window);
    Plot figure{.title = fmt::format("{} each way, {} bytes/s, a window of {} packets", delay_,
                                     rate_, *window_),
                .x_label = "packets lost, %",
                .y_label = "throughput, bytes of data per second",
                .curves = {}};
    if (!output.json) output.always({"", "strategy,loss,measured,formula,packets,bytes_again"});
    for (const reliable::ArqRow& row : reliable::arqs()) {
      Curve& curve =
          figure.curves.emplace_back(Curve{std::string(row.name), color_of(row.strategy), {}, {}});
      for (const double loss : losses) measure(row, loss, delay, curve, output);
    }
    if (!output_.empty())
      write_whole(FileName::of(output_), bytes_of(figure.svg()), true, FinalAttributes());
    if (!given_up_.empty()) throw std::runtime_error("given up: " + given_up_);
    return ExitStatus::done;
  }

 private:
  void measure(const reliable::ArqRow& row, double loss, Duration delay, Curve& curve,
               const Output& output) {
    const simulated::ArqExperiment experiment{.strategy = row.strategy,
                                              .loss = loss,
                                              .delay = delay,
                                              .rate = rate_,
                                              .window = static_cast<std::uint32_t>(*window_),
                                              .packets = packets_,
                                              .seed = seed_};
    const auto result = experiment.run();
    const double formula = experiment.formula();
    if (result.rate)
      curve.measured.push_back({100 * loss, *result.rate});
    else
      given_up_ +=
          fmt::format("{}{} at {:g}%", given_up_.empty() ? "" : ", ", row.name, 100 * loss);
    curve.calculated.push_back({100 * loss, formula});
    output.always(point(row, loss, result, formula));
  }

  static Event point(const reliable::ArqRow& row, double loss,
                     const simulated::ArqExperiment::Result& result, double formula) {
    const auto calculated = static_cast<std::uint64_t>(formula);
    Event event{"point", "", {{"strategy", std::string(row.name)}, {"loss", loss}}};
    std::string measured;  // empty if the run was given up
    if (result.rate) {
      const auto rate = static_cast<std::uint64_t>(*result.rate);
      measured = std::to_string(rate);
      event.fields.emplace_back("measured", rate);
    }
    event.fields.insert(event.fields.end(), {{"formula", calculated},
                                             {"packets", result.packets},
                                             {"bytes_again", result.retransmitted_bytes}});
    event.text = fmt::format("{},{:g},{},{},{},{}", row.name, loss, measured, calculated,
                             result.packets, result.retransmitted_bytes);
    return event;
  }

  std::string losses_ = "0,1,2,5,10,20%";
  std::string delay_ = "20ms";
  std::uint64_t rate_ = 1024 * 1024;
  std::optional<std::uint64_t> window_;
  std::uint64_t packets_ = 2000;
  std::uint64_t seed_ = 1;
  std::string output_;
  std::string given_up_;  // the points given up, as text
};

}  // namespace

std::unique_ptr<Action> sweep_arq() {
  return std::make_unique<SweepArq>();
}

}  // namespace netlab
