// How this node belongs to its pool: its replica of the directory, what waits for siblings, and the way to them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/core/bridge.hpp"
#include "actors/pool/bridge.hpp"
#include "actors/pool/directory_actor.hpp"
#include "actors/pool/link_view.hpp"
#include "adapters/links/links.hpp"
#include "adapters/metrics/exposition.hpp"
#include "adapters/nats/bus.hpp"
#include "config/config.hpp"
#include "runtime/state.hpp"

namespace rookery::runtime {

struct Pool {
    pool::DirectoryParts directory;
    std::shared_ptr<core::Bridge> bridge;
    std::shared_ptr<const pool::LinkCrypto> crypto;
    std::shared_ptr<adapters::links::Links> direct;  // null, and the next: a node without siblings
    std::shared_ptr<adapters::nats::Bus> nats;

    // Of every node that this one knows, whether there is a link or not.
    std::vector<pool::LinkView> links() const;
    // No event comes after it.
    void close();
};

// Connecting goes on by itself. `connected`: called from a thread of the bus whenever the bus comes or goes.
core::Result<Pool> open_pool(const config::Config& configuration, const State& state, adapters::io::Pool& io,
                             std::function<void(bool)> connected);

// Mail between nodes that did not reach its agent, by reason.
std::map<std::string, std::uint64_t> dropped_mail(const Pool& pool);

// Nothing of a node without siblings.
void add_pool(adapters::metrics::Exposition& out, const Pool& pool);

}  // namespace rookery::runtime
