#include "figure/plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace netlab {
namespace {

// Sizes and margins, in pixels.
constexpr double width = 720;
constexpr double height = 504;
constexpr double left = 90;
constexpr double right = 20;
constexpr double top = 50;
constexpr double bottom = 84;  // room for the tick labels, the axis label and the legend
constexpr double text_line = 18;
constexpr double row_distance = 24;
constexpr int max_x_ticks = 10;

std::string escaped_xml(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    if (letter == '<')
      safe += "&lt;";
    else if (letter == '&')
      safe += "&amp;";
    else
      safe += letter;
  }
  return safe;
}

// Maps values to pixel coordinates.
class Axes {
 public:
  explicit Axes(const std::vector<Curve>& curves) {
    double min_y = 1e300;
    double max_y = 0;
    for (const Curve& curve : curves) {
      for (const auto* const points : {&curve.measured, &curve.calculated}) {
        for (const Curve::Point& point : *points) {
          last_x_ = std::max(last_x_, point.x);
          min_y = std::min(min_y, point.y);
          max_y = std::max(max_y, point.y);
        }
      }
    }
    first_decade_ = static_cast<int>(std::floor(std::log10(std::min(min_y, max_y))));
    last_decade_ = std::max(first_decade_ + 1, static_cast<int>(std::ceil(std::log10(max_y))));
    if (last_x_ == 0) last_x_ = 1;
  }

  double last_x() const { return last_x_; }
  int first_decade() const { return first_decade_; }
  int last_decade() const { return last_decade_; }

  double x(double value) const { return left + value / last_x_ * (width - left - right); }
  double y(double value) const {
    const double share = (std::log10(value) - first_decade_) / (last_decade_ - first_decade_);
    return height - bottom - share * (height - top - bottom);
  }

 private:
  double last_x_ = 0;
  int first_decade_ = 0;
  int last_decade_ = 1;
};

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped_xml(text));
}

std::string grid_line(double x1, double y1, double x2, double y2) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n", x1, y1,
      x2, y2);
}

// Returns 1, 2 or 5 times a power of ten: the smallest that makes at most max_x_ticks ticks.
double tick_distance(double last) {
  const double power = std::pow(10, std::floor(std::log10(last / max_x_ticks)));
  for (const double times : {1, 2, 5})
    if (times * power * max_x_ticks >= last) return times * power;
  return 10 * power;
}

// Returns e.g. "10 k" for 10^4.
std::string decade_text(int decade) {
  constexpr const char* units[] = {"", " k", " M", " G", " T"};
  const std::size_t unit = std::clamp(decade / 3, 0, 4);
  return fmt::format("{:g}{}", std::pow(10, decade - 3 * static_cast<int>(unit)), units[unit]);
}

std::string grid(const Axes& axes) {
  std::string svg;
  const double distance = tick_distance(axes.last_x());
  for (int i = 0; i * distance <= axes.last_x() * 1.0001; ++i) {
    const double x = axes.x(i * distance);
    svg += grid_line(x, top, x, height - bottom);
    svg += text_at(x, height - bottom + text_line, "middle", fmt::format("{:g}", i * distance));
  }
  for (int decade = axes.first_decade(); decade <= axes.last_decade(); ++decade) {
    const double value = std::pow(10, decade);
    svg += grid_line(left, axes.y(value), width - right, axes.y(value));
    svg += text_at(left - 8, axes.y(value) + 4, "end", decade_text(decade));
  }
  return svg;
}

std::string line_through(const std::vector<Curve::Point>& points, const Axes& axes,
                         const Curve& curve, const char* style) {
  std::string coordinates;
  for (const Curve::Point& point : points)
    coordinates += fmt::format("{:.1f},{:.1f} ", axes.x(point.x), axes.y(point.y));
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n",
                     coordinates, curve.color, style);
}

// Sorts the points by x, because they may have been measured in any order.
std::vector<Curve::Point> sorted_by_x(std::vector<Curve::Point> points) {
  std::ranges::stable_sort(points, {}, &Curve::Point::x);
  return points;
}

std::string curve_svg(const Curve& curve, const Axes& axes) {
  std::string svg =
      line_through(sorted_by_x(curve.calculated), axes, curve, " stroke-dasharray=\"6 4\"");
  svg += line_through(sorted_by_x(curve.measured), axes, curve, "");
  for (const Curve::Point& point : curve.measured)
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n",
                       axes.x(point.x), axes.y(point.y), curve.color);
  return svg;
}

// Draws the legend below the plot, because a curve may cross any place within it.
std::string legend(const std::vector<Curve>& curves) {
  std::string svg;
  const double y = height - bottom + text_line + 2 * row_distance;
  const double distance = (width - left - right) / static_cast<double>(curves.size() + 1);
  double x = left;
  for (const Curve& curve : curves) {
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x, y - 4,
                       curve.color);
    svg += text_at(x + 12, y, "start", curve.name);
    x += distance;
  }
  return svg + text_at(x + 12, y, "start", "dashed: the formula");
}

}  // namespace

std::string Plot::svg() const {
  const Axes axes(curves);
  const double middle = top + (height - top - bottom) / 2;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
      "{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, height);
  svg += text_at(width / 2, top / 2, "middle", title);
  svg += text_at(left + (width - left - right) / 2, height - bottom + text_line + row_distance,
                 "middle", x_label);
  svg += fmt::format("<g transform=\"rotate(-90 20 {:.1f})\">", middle) +
         text_at(20, middle, "middle", y_label) + "</g>\n";
  svg += grid(axes);
  for (const Curve& curve : curves) svg += curve_svg(curve, axes);
  return svg + legend(curves) + "</svg>\n";
}

}  // namespace netlab
