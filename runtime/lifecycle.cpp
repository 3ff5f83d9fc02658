#include "runtime/lifecycle.hpp"

namespace rookery::runtime {

const char* Lifecycle::text() const {
    switch (phase()) {
        case Phase::starting: return "starting";
        case Phase::ready: return "ready";
        case Phase::draining: return "draining";
    }
    return "";
}

}  // namespace rookery::runtime
