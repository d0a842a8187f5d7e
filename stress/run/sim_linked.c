/* SPDX-License-Identifier: MIT
 * A build with simulated harts. See simulator.h. */
#include "simulator.h"

const bool simulator_there = true;
