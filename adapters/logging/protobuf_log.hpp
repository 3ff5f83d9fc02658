// The protocol buffers library has a log of its own, which goes to stderr: a line for every text in a message that is
// no UTF-8, so as many lines as a stranger likes. Here it becomes debug lines of ours.
#pragma once

namespace rookery::adapters::logging {

// For the process; before anything is parsed.
void take_protobuf_log();

}  // namespace rookery::adapters::logging
