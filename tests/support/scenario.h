// A simulated connection, for tests that change one thing of it and see how long it takes.
#pragma once

#include "support/simulated.h"

namespace netlab::simulated {

class ReliableScenario : public testing::Test {
 protected:
  // Runs it, and says how long it took.
  Duration succeed() {
    Simulation simulation(settings_);
    simulation.run();
    expect_success(simulation, settings_);
    return simulation.passed();
  }
  LinkSettings& up() { return settings_.up.link; }
  LinkSettings& down() { return settings_.down.link; }

  SimulationSettings settings_ = usual();
};

}  // namespace netlab::simulated
