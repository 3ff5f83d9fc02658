#include "actors/pool/effects.hpp"

#include <utility>

namespace rookery::pool {

void Effects::tell(std::optional<NodeId> to, Message message) {
    send.push_back({to, std::move(message)});
}

}  // namespace rookery::pool
