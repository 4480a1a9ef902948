// Plot draws curves as SVG: what was measured as dots on a line, what was calculated as a dashed
// line. The vertical axis is logarithmic.
#pragma once

#include <string>
#include <vector>

namespace netlab {

struct Curve {
  struct Point {
    double x;  // at least 0
    double y;  // above 0
  };
  std::string name;
  std::string color;  // as CSS has it
  std::vector<Point> measured;
  std::vector<Point> calculated;
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;

  // A whole file.
  std::string svg() const;
};

}  // namespace netlab
