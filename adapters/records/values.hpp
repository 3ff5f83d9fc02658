// Single values as JSON and back, for records.cpp. Faults travel as Damaged exceptions inside this area only;
// Records turns them into errors.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "actors/core/clock.hpp"
#include "actors/core/field_cipher.hpp"
#include "actors/core/ip.hpp"
#include "actors/management/model.hpp"

namespace rookery::adapters::records {

using Json = nlohmann::json;

struct Damaged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline Json to_json_value(const std::string& v) {
    return v;
}
inline Json to_json_value(bool v) {
    return v;
}
inline Json to_json_value(int v) {
    return v;
}
inline Json to_json_value(std::int64_t v) {
    return v;
}
inline Json to_json_value(core::WallTime v) {
    return v.time_since_epoch().count();
}
inline Json to_json_value(core::Ipv4 v) {
    return core::to_string(v);
}
inline Json to_json_value(const core::Ipv6& v) {
    return core::to_string(v);
}
inline Json to_json_value(const core::Prefix4& v) {
    return core::to_string(v);
}
inline Json to_json_value(const core::Prefix6& v) {
    return core::to_string(v);
}
Json to_json_value(management::Role v);
Json to_json_value(management::SetupKeyType v);
Json to_json_value(management::ResourceType v);

inline void from_json_value(const Json& in, std::string& v) {
    in.get_to(v);
}
inline void from_json_value(const Json& in, bool& v) {
    in.get_to(v);
}
inline void from_json_value(const Json& in, int& v) {
    in.get_to(v);
}
inline void from_json_value(const Json& in, std::int64_t& v) {
    in.get_to(v);
}
inline void from_json_value(const Json& in, core::WallTime& v) {
    v = core::WallTime(std::chrono::nanoseconds(in.get<std::int64_t>()));
}
void from_json_value(const Json& in, core::Ipv4& v);
void from_json_value(const Json& in, core::Ipv6& v);
void from_json_value(const Json& in, core::Prefix4& v);
void from_json_value(const Json& in, core::Prefix6& v);
void from_json_value(const Json& in, management::Role& v);
void from_json_value(const Json& in, management::SetupKeyType& v);
void from_json_value(const Json& in, management::ResourceType& v);

std::string base64_text(const std::string& bytes);
std::string bytes_of_base64(const std::string& text);

// Calls of a fields() function write or read a JSON object.
class Writer;
class Reader;

template <class T>
concept HasFields = requires(Writer& w, T& v) {
    fields(w, v);
};

class Writer {
public:
    explicit Writer(const core::FieldCipher& cipher) : cipher_(cipher) {}

    template <class T>
    void operator()(const char* name, const T& value) {
        object_[name] = write(value);
    }
    void secret(const char* name, const std::string& value) {
        auto encrypted = cipher_.encrypt(value);
        if (!encrypted) throw Damaged(encrypted.error().message);
        object_[name] = std::move(*encrypted);
    }
    void bytes(const char* name, const std::string& value) { object_[name] = base64_text(value); }

    Json take() { return std::move(object_); }

    template <class T>
    Json write(const T& value) const {
        if constexpr (HasFields<const T>) {
            Writer inner(cipher_);
            fields(inner, value);
            return inner.take();
        } else {
            return to_json_value(value);
        }
    }
    template <class T>
    Json write(const std::optional<T>& value) const {
        return value ? write(*value) : Json(nullptr);
    }
    template <class T>
    Json write(const std::vector<T>& values) const {
        return list(values);
    }
    template <class T>
    Json write(const std::set<T>& values) const {
        return list(values);
    }
    Json write(const management::IdSet& values) const { return list(values); }
    template <class T>
    Json write(const std::map<std::string, T>& values) const {
        auto out = Json::object();
        for (const auto& [key, value] : values) out[key] = write(value);
        return out;
    }

private:
    template <class List>
    Json list(const List& values) const {
        auto out = Json::array();
        for (const auto& v : values) out.push_back(write(v));
        return out;
    }

    const core::FieldCipher& cipher_;
    Json object_ = Json::object();
};

class Reader {
public:
    Reader(const Json& object, const core::FieldCipher& cipher) : object_(object), cipher_(cipher) {
        if (!object.is_object()) throw Damaged("an object is expected");
    }

    template <class T>
    void operator()(const char* name, T& value) {
        if (const auto it = object_.find(name); it != object_.end()) read(*it, value);
    }
    void secret(const char* name, std::string& value) {
        const auto it = object_.find(name);
        if (it == object_.end()) return;
        auto plain = cipher_.decrypt(it->get_ref<const std::string&>());
        if (!plain) throw Damaged(plain.error().message);
        value = std::move(*plain);
    }
    void bytes(const char* name, std::string& value) {
        if (const auto it = object_.find(name); it != object_.end())
            value = bytes_of_base64(it->get_ref<const std::string&>());
    }

    template <class T>
    void read(const Json& in, T& value) const {
        if constexpr (HasFields<T>) {
            Reader inner(in, cipher_);
            fields(inner, value);
        } else {
            from_json_value(in, value);
        }
    }
    template <class T>
    void read(const Json& in, std::optional<T>& value) const {
        if (in.is_null()) return value.reset();
        read(in, value.emplace());
    }
    template <class T>
    void read(const Json& in, std::vector<T>& values) const {
        values.clear();
        for (const auto& item : array(in)) read(item, values.emplace_back());
    }
    template <class T>
    void read(const Json& in, std::set<T>& values) const {
        values.clear();
        for (const auto& item : array(in)) {
            T value{};
            read(item, value);
            values.insert(values.end(), std::move(value));
        }
    }

    void read(const Json& in, management::IdSet& values) const {
        std::set<std::string> ids;
        read(in, ids);
        values = std::move(ids);
    }
    template <class T>
    void read(const Json& in, std::map<std::string, T>& values) const {
        if (!in.is_object()) throw Damaged("an object is expected");
        values.clear();
        for (const auto& [key, value] : in.items()) read(value, values[key]);
    }

private:
    static const Json& array(const Json& in) {
        if (!in.is_array()) throw Damaged("a list is expected");
        return in;
    }

    const Json& object_;
    const core::FieldCipher& cipher_;
};

}  // namespace rookery::adapters::records
