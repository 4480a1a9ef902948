// Plot draws curves as SVG: measured points as dots on a solid line, calculated points as a dashed
// line. The y axis is logarithmic.
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
  std::string color;  // a CSS color
  std::vector<Point> measured;
  std::vector<Point> calculated;
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Curve> curves;

  // Returns a complete SVG file.
  std::string svg() const;
};

}  // namespace netlab
