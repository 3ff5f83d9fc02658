#include "adapters/logging/rotating_file.hpp"

#include <sys/resource.h>
#include <unistd.h>

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
    RotatingFile file(folder.file("log"), 10, 2);
    for (const char* line : {"aaaaa\n", "bbb\n", "ccccc\n", "ddddd\n", "eeeee\n"}) CHECK(file.write(line) == 0);
    CHECK(folder.content("log") == "eeeee\n");
    CHECK(folder.content("log.1") == "ddddd\n");
    CHECK(folder.content("log.2") == "ccccc\n");
    CHECK_FALSE(std::filesystem::exists(folder.file("log.3")));
}

TEST_CASE("what is there is continued, and without a limit never rotated") {
    Folder folder;
    std::ofstream(folder.file("log")) << "old\n";
    RotatingFile file(folder.file("log"), 0, 2);
    CHECK(file.write("new\n") == 0);
    CHECK(folder.content("log") == "old\nnew\n");
}

TEST_CASE("a line that does not fit on the disk leaves no half of itself, and later ones go on") {
    Folder folder;
    RotatingFile file(folder.file("log"), 0, 2);
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
    RotatingFile file(folder.file("sub/log"), 10, 2);
    CHECK(file.write("lost\n") == ENOENT);
    std::filesystem::create_directory(folder.path / "sub");
    CHECK(file.write("kept\n") == 0);
    CHECK(folder.content("sub/log") == "kept\n");
}
