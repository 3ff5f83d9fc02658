// The way of a decrypted connection to a receiver that takes nothing but a descriptor (gRPC): a pair of Unix sockets,
// bytes copied between it and the stream on the stream's io_context, until either side ends.
// Bounds: what one read brought, per direction; while it waits, its source is not read.
#pragma once

#include "adapters/io/stream.hpp"

namespace rookery::adapters::front {

// The receiver's end, non-blocking; -1 (one WARN) when the process has no descriptors left. Its peer's name, which gRPC
// shows, is an abstract socket name that begins with the client's address: "1.2.3.4:567/…", "[::1]:567/…".
int open_tunnel(io::Stream stream);

}  // namespace rookery::adapters::front
