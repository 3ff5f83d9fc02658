// What depends on the version an agent reports (network-map §1, §5.8.5). No allocations: asked for every peer.
#pragma once

#include <array>
#include <string_view>

namespace rookery::management {

using VersionNumber = std::array<unsigned, 3>;

bool is_development_version(std::string_view version);

// Dotted numbers, an optional leading "v", everything from the first "-" on ignored; unparsable: false.
bool meets_version(std::string_view version, const VersionNumber& minimum);

// As above, but a pre-release of exactly `minimum` is older than it.
bool meets_release(std::string_view version, const VersionNumber& minimum);

}  // namespace rookery::management
