// ReliableScenario is a fixture with a simulated connection, for tests that change one setting and
// check how long the connection takes.
#pragma once

#include "support/simulated.h"

namespace netlab::simulated {

class ReliableScenario : public testing::Test {
 protected:
  // Runs the simulation, which must succeed, and returns how long it took in virtual time.
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
