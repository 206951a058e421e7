// SPDX-License-Identifier: Apache-2.0
#ifndef SEAFOAM_HPP
#define SEAFOAM_HPP

/// @file
/// seafoam for C++17 and newer: cluster membership that a service can trust. Header only, over
/// seafoam.h; link with -lseafoam. `seafoam::Cluster` is where to begin.
///
/// Calls throw `seafoam::Error`. Handles are owned and move-only; nodes and events are values. What
/// the user's functions throw is logged and stays inside.

#include "seafoam/cluster.hpp"
#include "seafoam/process.hpp"

#endif
