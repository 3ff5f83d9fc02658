#include "actors/management/decisions.hpp"

namespace rookery::management {

Result<Decision> decide(const AccountState& state, const Command& command, const Initiator& initiator, WallTime now,
                        const Random& random, const Rules& rules) {
    const Case c{state, initiator, now, random, rules};
    return std::visit([&](const auto& specific) { return decide_on(c, specific); }, command);
}

}  // namespace rookery::management
