// What the commands about networks and those about resources share.
#pragma once

#include "actors/management/draft.hpp"

namespace rookery::management {

const char* to_string(ResourceType type);

// Out of the account and out of its groups, with the events of both.
void remove_resource(Draft& draft, const NetworkResource& resource);

}  // namespace rookery::management
