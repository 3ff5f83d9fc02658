#include "actors/pool/bridge.hpp"

namespace rookery::pool {

using core::Posted;

Posted PoolBridge::post(const core::MailboxAddress& address, const core::rpc::Bytes& bytes) {
    const auto now = std::chrono::steady_clock::now();
    const auto found = directory_->find(address, now);
    const bool everybody = found.place == Place::unknown;
    // `here`: its mailbox has just gone, or it would have taken the bytes.
    if (!everybody && found.place != Place::elsewhere) return Posted::not_connected;
    const auto to = everybody ? std::nullopt : std::optional(found.node);
    switch (outboxes_->add(to, {address, bytes, everybody}, now)) {
        case Outboxes::Added::first: bus_->mail_waits(to); break;
        case Outboxes::Added::more: break;
        case Outboxes::Added::too_large: return Posted::dropped;
    }
    return everybody ? Posted::asked : Posted::sent;
}

}  // namespace rookery::pool
