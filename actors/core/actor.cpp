#include "actors/core/actor.hpp"

namespace rookery::core {

std::string describe(caf::actor_system& system, const caf::error& reason) {
    // Ours carry their text as the error's context; everything else is rendered by the library.
    if (reason.context().match_elements<std::string>()) return reason.context().get_as<std::string>(0);
    return system.render(reason);
}

}  // namespace rookery::core
