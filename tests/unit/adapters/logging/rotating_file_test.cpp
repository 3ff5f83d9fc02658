#include "adapters/logging/rotating_file.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/catch.hpp"

using rookery::adapters::logging::RotatingFile;

namespace {

struct Folder {
    Folder() : path(std::filesystem::temp_directory_path() / ("rookery-rotate-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path);
        std::filesystem::create_directory(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name) const { return (path / name).string(); }
    std::string content(const std::string& name) const {
        std::stringstream text;
        text << std::ifstream(path / name).rdbuf();
        return text.str();
    }
    std::string unzipped(const std::string& name) const {
        const auto in = gzopen(file(name).c_str(), "rb");
        std::string text(1000, '\0');
        text.resize(static_cast<std::size_t>(std::max(0, gzread(in, text.data(), 1000))));
        gzclose(in);
        return text;
    }
    std::ptrdiff_t files() const {
        return std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator());
    }
    std::filesystem::path path;
};

// Writes beyond this offset fail, as on a full disk.
struct FileSizeLimit {
    explicit FileSizeLimit(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit limit{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
};

}  // namespace

TEST_CASE("a file is rotated before it grows too large, and the oldest goes") {
    Folder folder;
    {
        RotatingFile file(folder.file("log"), {.max_bytes = 10, .kept = 2});
        for (const char* line : {"aaaaa\n", "bbb\n", "ccccc\n", "ddddd\n", "eeeee\n"}) CHECK(file.write(line) == 0);
    }
    CHECK(folder.content("log") == "eeeee\n");
    CHECK(folder.unzipped("log.1.gz") == "ddddd\n");
    CHECK(folder.unzipped("log.2.gz") == "ccccc\n");
    CHECK(folder.files() == 3);
}

TEST_CASE("a rotated file that could not be compressed is kept, and rotated on") {
    Folder folder;
    std::filesystem::create_directory(folder.path / "log.1.gz.new");
    {
        RotatingFile file(folder.file("log"), {.max_bytes = 10, .kept = 2});
        for (const char* line : {"aaaaaa\n", "bbbbbb\n"}) CHECK(file.write(line) == 0);
    }
    CHECK(folder.content("log.1") == "aaaaaa\n");
    std::filesystem::remove(folder.path / "log.1.gz.new");
    {
        RotatingFile file(folder.file("log"), {.max_bytes = 10, .kept = 2});
        CHECK(file.write("cccccc\n") == 0);
    }
    CHECK(folder.content("log.2") == "aaaaaa\n");
    CHECK(folder.unzipped("log.1.gz") == "bbbbbb\n");
}

TEST_CASE("rotated files do not outlive their age") {
    Folder folder;
    std::ofstream(folder.file("log.1.gz")) << "old";
    std::filesystem::last_write_time(folder.file("log.1.gz"),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(31 * 24));
    {
        RotatingFile file(folder.file("log"), {.max_bytes = 10});
        for (const char* line : {"aaaaaa\n", "bbbbbb\n"}) CHECK(file.write(line) == 0);
    }
    CHECK(folder.unzipped("log.1.gz") == "aaaaaa\n");
    CHECK(folder.files() == 2);
}

TEST_CASE("what is there is continued, and without a limit never rotated") {
    Folder folder;
    std::ofstream(folder.file("log")) << "old\n";
    RotatingFile file(folder.file("log"), {});
    CHECK(file.write("new\n") == 0);
    CHECK(folder.content("log") == "old\nnew\n");
}

TEST_CASE("a line that does not fit on the disk leaves no half of itself, and later ones go on") {
    Folder folder;
    RotatingFile file(folder.file("log"), {});
    REQUIRE(file.write("first\n") == 0);
    {
        FileSizeLimit full(10);
        CHECK(file.write("too long for it\n") == ENOSPC);
        CHECK(file.write("again\n") != 0);
    }
    CHECK(folder.content("log") == "first\n");
    CHECK(file.write("space again\n") == 0);
    CHECK(folder.content("log") == "first\nspace again\n");
}

TEST_CASE("a file that could not be opened after a rotation is tried again") {
    Folder folder;
    RotatingFile file(folder.file("sub/log"), {.max_bytes = 10});
    CHECK(file.write("lost\n") == ENOENT);
    std::filesystem::create_directory(folder.path / "sub");
    CHECK(file.write("kept\n") == 0);
    CHECK(folder.content("sub/log") == "kept\n");
}
