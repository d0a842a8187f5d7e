/* SPDX-License-Identifier: MIT
 * A variant to start one's own from. The build finds it by the declaration below: NAME_variant, in a header of the
 * folder that `make OWN=FOLDER` names. */
#ifndef FRAMELAB_SKELETON_H
#define FRAMELAB_SKELETON_H

#include "variant.h"

extern const struct variant skeleton_variant;

#endif
