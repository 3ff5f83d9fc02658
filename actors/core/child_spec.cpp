#include "actors/core/child_spec.hpp"

namespace rookery::core {

bool is_calm(const caf::error& reason) {
    return !reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
}

caf::error failure(std::string reasons) {
    return caf::make_error(caf::sec::runtime_error, std::move(reasons));
}

caf::error hopeless(std::string reasons) {
    return caf::make_error(caf::sec::request_timeout, std::move(reasons));
}

bool is_hopeless(const caf::error& reason) {
    return reason == caf::sec::request_timeout;
}

}  // namespace rookery::core
