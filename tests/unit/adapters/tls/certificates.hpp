// Certificates for tests, made by the openssl command in a folder of their own.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "config/config.hpp"

namespace rookery::adapters::tls::test {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "rookery-tls-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }

    // NAME.crt and NAME.key, self-signed for `host` and 127.0.0.1.
    config::Tls make(const std::string& name, const std::string& host = "a.example.com",
                     const std::string& more = "-nodes -days 30") const {
        const config::Tls files{file(name + ".crt"), file(name + ".key")};
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=" + host +
                " -addext subjectAltName=DNS:" + host + ",IP:127.0.0.1 -keyout " + files.key_file + " -out " +
                files.cert_file + " " + more);
        return files;
    }
    static void openssl(const std::string& arguments) {
        if (std::system(("openssl " + arguments + " 2>/dev/null").c_str()) != 0)
            throw std::runtime_error("openssl " + arguments);
    }

private:
    std::string path_;
};

}  // namespace rookery::adapters::tls::test
