#include "adapters/logging/gzip.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <fstream>

namespace rookery::adapters::logging {
namespace {

bool copy(std::istream& in, gzFile out) {
    std::array<char, 64 * 1024> piece;
    while (in.read(piece.data(), piece.size()) || in.gcount() > 0)
        if (gzwrite(out, piece.data(), static_cast<unsigned>(in.gcount())) == 0) return false;
    return in.eof();
}

}  // namespace

// Under its name only when it is whole.
bool gzip(const std::string& file) {
    const auto unfinished = file + ".gz.new";
    std::ifstream in(file, std::ios::binary);
    const int fd = in ? ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640) : -1;
    const auto out = fd >= 0 ? gzdopen(fd, "wb") : nullptr;
    if (!out) return false;
    const bool copied = copy(in, out);
    const bool written = gzclose(out) == Z_OK && copied;
    if (!written || std::rename(unfinished.c_str(), (file + ".gz").c_str()) != 0) {
        ::unlink(unfinished.c_str());
        return false;
    }
    ::unlink(file.c_str());
    return true;
}

}  // namespace rookery::adapters::logging
