#include "figure/plot.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace netlab {
namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++number;
  return number;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Returns the name of an element that is not closed where it should be; empty if the XML is well
// formed. Enough for elements without comments, whose attributes contain no ">".
std::string unbalanced(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = xml.find('<', at)) != std::string::npos;) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string::npos) return xml.substr(at);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    at = end;
    if (std::ranges::count(tag, '"') % 2 != 0) return tag;
    const std::string name = tag.substr(0, tag.find(' '));
    if (tag.starts_with('/')) {
      if (open.empty() || "/" + open.back() != name) return name;
      open.pop_back();
    } else if (!tag.ends_with('/')) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : open.back();
}

Plot two_curves() {
  return {.title = "the title",
          .x_label = "packets lost, %",
          .y_label = "bytes per second",
          .curves = {{"first", "red", {{10, 100}, {0, 1000}}, {{0, 1000}, {10, 500}}},
                     {"second", "blue", {{0, 10}}, {{0, 10}, {10, 20}}}}};
}

TEST(Plot, IsWellFormed) {
  const std::string svg = two_curves().svg();
  EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(unbalanced(svg), "");
}

TEST(Plot, HasItsTitleAndAxisTitles) {
  const std::string svg = two_curves().svg();
  EXPECT_EQ(occurrences(svg, ">the title</text>"), 1u);
  EXPECT_EQ(occurrences(svg, ">packets lost, %</text>"), 1u);
  EXPECT_EQ(occurrences(svg, ">bytes per second</text>"), 1u);
}

TEST(Plot, DrawsASolidAndADashedLinePerCurve) {
  const std::string svg = two_curves().svg();
  EXPECT_EQ(occurrences(svg, "<polyline "), 4u);
  EXPECT_EQ(occurrences(svg, "stroke-dasharray"), 2u);
  EXPECT_EQ(occurrences(svg, "stroke=\"red\""), 2u);
  EXPECT_EQ(occurrences(svg, "stroke=\"blue\""), 2u);
}

TEST(Plot, DrawsADotPerMeasurementAndCurve) {
  const std::string svg = two_curves().svg();
  EXPECT_EQ(occurrences(svg, "<circle "), 3u + 2u);  // and two in the legend
  EXPECT_EQ(occurrences(svg, "fill=\"red\""), 2u + 1u);
}

// The plot is 610 pixels wide and 370 high, from (90, 50).
TEST(Plot, MapsValuesToPixelsAndSortsThem) {
  const std::string svg = two_curves().svg();
  // The y axis has two decades, 10 to 1000.
  EXPECT_TRUE(contains(svg,
                       "<polyline points=\"90.0,50.0 700.0,235.0 \" fill=\"none\" stroke=\"red\" "
                       "stroke-width=\"2\"/>"));
  EXPECT_TRUE(contains(svg, "<circle cx=\"90.0\" cy=\"420.0\" r=\"4\" fill=\"blue\"/>"));
}

TEST(Plot, LabelsTheDecades) {
  Plot plot = two_curves();
  plot.curves.front().measured.push_back({5, 2'000'000});
  const std::string svg = plot.svg();
  for (const char* label : {"10", "100", "1 k", "10 k", "100 k", "1 M", "10 M"})
    EXPECT_TRUE(contains(svg, "text-anchor=\"end\">" + std::string(label) + "</text>")) << label;
}

TEST(Plot, HasALegend) {
  const std::string svg = two_curves().svg();
  for (const char* label : {"first", "second", "dashed: the formula"})
    EXPECT_EQ(occurrences(svg, "text-anchor=\"start\">" + std::string(label) + "</text>"), 1u)
        << label;
}

TEST(Plot, EscapesMarkup) {
  Plot plot = two_curves();
  plot.title = "</svg> & \"more\"";
  plot.curves.front().name = "a<b";
  const std::string svg = plot.svg();
  EXPECT_EQ(unbalanced(svg), "");
  EXPECT_TRUE(contains(svg, ">&lt;/svg> &amp; \"more\"</text>"));
  EXPECT_TRUE(contains(svg, ">a&lt;b</text>"));
}

TEST(Plot, DrawsACurveWithoutMeasurements) {
  const Plot plot{.title = "t",
                  .x_label = "x",
                  .y_label = "y",
                  .curves = {{"given up", "red", {}, {{0, 10}, {10, 1}}}}};
  EXPECT_EQ(unbalanced(plot.svg()), "");
  EXPECT_TRUE(contains(plot.svg(), "<polyline points=\"\" "));
}

}  // namespace
}  // namespace netlab
