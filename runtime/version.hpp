// The version of this build.
#pragma once

namespace rookery::runtime {

inline constexpr const char* version = ROOKERY_VERSION;  // set by CMake from project()

}  // namespace rookery::runtime
