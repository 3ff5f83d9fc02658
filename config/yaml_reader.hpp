// Typed reading of a YAML tree that remembers which keys were asked for, so that keys nobody asked for can be named
// afterwards together with the key that was probably meant. Errors are sticky: the first one is kept in the report
// and later reads leave their targets alone, so a reader is a plain list of read() calls.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "config/secret.hpp"

namespace rookery::config {

struct UnknownKey {
    std::string path;                  // server.stuns[1].url
    std::optional<std::string> meant;  // server.stuns[1].uri
};

// What was found out while reading one file.
class YamlReport {
public:
    const std::optional<std::string>& error() const { return error_; }
    void fail(std::string message);  // kept when it is the first

    // Keys that are in the file and that no read asked for. Call after everything has been read.
    std::vector<UnknownKey> unknown_keys() const;

private:
    friend class YamlMap;
    struct Key {
        std::string parent;          // path with indices
        std::string generic_parent;  // path with [] for every index
        std::string name;
    };
    std::optional<std::string> meant(const Key& key) const;

    std::optional<std::string> error_;
    std::vector<Key> present_;
    std::set<std::string> known_;  // generic paths
};

// One mapping of the tree; an absent one reads as empty. A null value counts as absent.
class YamlMap {
public:
    static YamlMap root(const YAML::Node& node, YamlReport& report);

    bool has(const std::string& key) const;
    YamlMap map(const std::string& key);
    std::vector<YamlMap> list_of_maps(const std::string& key);

    void read(const std::string& key, std::string& out);
    void read(const std::string& key, Secret& out);
    void read(const std::string& key, bool& out);
    void read(const std::string& key, int& out);
    void read(const std::string& key, unsigned& out);
    void read(const std::string& key, std::chrono::milliseconds& out);  // a Go duration, not negative
    void read(const std::string& key, std::vector<std::string>& out);
    void read(const std::string& key, std::vector<int>& out);
    template <class T>
    void read(const std::string& key, std::optional<T>& out) {
        T value{};
        if (!known(key)) return;
        read(key, value);
        out = std::move(value);
    }
    void read_int_map(const std::string& key);  // free keys, whole numbers: checked only

    // Keys that exist in the reference and change nothing here; their types are still checked.
    template <class T>
    void accept(std::initializer_list<const char*> keys) {
        for (const char* key : keys) {
            T ignored{};
            read(key, ignored);
        }
    }

    std::string path(const std::string& key) const;
    void fail(const std::string& key, std::string_view problem);  // "<path> (line n): <problem>"

private:
    YamlMap(YAML::Node node, std::string path, std::string generic, YamlReport& report);

    bool known(const std::string& key);  // marks it as asked for; is it there?
    YAML::Node at(const std::string& key) const;
    std::optional<std::vector<std::string>> scalars(const std::string& key);
    std::optional<std::string> scalar(const std::string& key);
    std::optional<long long> number(const std::string& key, const std::string& text, long long low, long long high);

    YAML::Node node_;
    std::string path_;
    std::string generic_;
    YamlReport* report_;
};

}  // namespace rookery::config
