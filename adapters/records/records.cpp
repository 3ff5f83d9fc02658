#include "adapters/records/records.hpp"

#include "adapters/records/fields.hpp"

namespace rookery::adapters::records {
namespace {

using core::ErrorKind;
using core::fail;
using management::Change;
using management::Entities;
using management::EntityKinds;
using management::Members;
using management::Put;
using management::Remove;
using management::Set;

// The name of an entity in the change log and in error texts.
template <class T>
constexpr const char* kind = nullptr;
template <>
constexpr const char* kind<management::AccountState> = "account";
template <>
constexpr const char* kind<management::User> = "user";
template <>
constexpr const char* kind<management::AccessToken> = "token";
template <>
constexpr const char* kind<management::SetupKey> = "setup_key";
template <>
constexpr const char* kind<management::Peer> = "peer";
template <>
constexpr const char* kind<management::Group> = "group";
template <>
constexpr const char* kind<management::Policy> = "policy";
template <>
constexpr const char* kind<management::PostureCheck> = "posture_check";
template <>
constexpr const char* kind<management::Route> = "route";
template <>
constexpr const char* kind<management::Network> = "network";
template <>
constexpr const char* kind<management::NetworkResource> = "network_resource";
template <>
constexpr const char* kind<management::NetworkRouter> = "network_router";
template <>
constexpr const char* kind<management::NameServerGroup> = "name_server_group";
template <>
constexpr const char* kind<management::Zone> = "zone";
template <>
constexpr const char* kind<management::OverlayNetwork> = "overlay_network";
template <>
constexpr const char* kind<management::Settings> = "settings";
template <>
constexpr const char* kind<management::DnsSettings> = "dns_settings";
template <>
constexpr const char* kind<management::Onboarding> = "onboarding";
template <>
constexpr const char* kind<Members> = "members";

// Runs `work`, whose faults are exceptions of ours and of the JSON library.
template <class Work>
auto guarded(const std::string& what, Work work) -> Result<decltype(work())> {
    try {
        return work();
    } catch (const Damaged& e) {
        return fail(ErrorKind::internal, what + ": " + e.what());
    } catch (const Json::exception& e) {
        return fail(ErrorKind::internal, what + ": " + e.what());
    }
}

// Every change is an object with one of "put", "set", "remove" (name of the kind) and its value.
struct ChangeWriter {
    const Writer& writer;

    template <class T>
    Json operator()(const Put<T>& c) const {
        return {{"put", kind<T>}, {"value", writer.write(*c.value)}};
    }
    template <class T>
    Json operator()(const Set<T>& c) const {
        return {{"set", kind<T>}, {"value", writer.write(*c.value)}};
    }
    template <class T>
    Json operator()(const Remove<T>& c) const {
        return {{"remove", kind<T>}, {"id", c.id}};
    }
    Json operator()(const Members& c) const { return {{"put", kind<Members>}, {"value", writer.write(c)}}; }
};

class ChangeReader {
public:
    explicit ChangeReader(const core::FieldCipher& cipher) : cipher_(cipher) {}

    Change read(const Json& in) const {
        if (const auto put = in.find("put"); put != in.end()) {
            const auto& name = put->get_ref<const std::string&>();
            const auto& value = in.at("value");
            if (name == kind<Members>) return entity<Members>(value);
            return read_put(name, value, Entities{});
        }
        if (const auto set = in.find("set"); set != in.end())
            return read_set<management::OverlayNetwork, management::Settings, management::DnsSettings,
                            management::Onboarding>(set->get_ref<const std::string&>(), in.at("value"));
        return read_remove(in.at("remove").get_ref<const std::string&>(), in.at("id").get<std::string>(), Entities{});
    }

private:
    template <class T>
    T entity(const Json& in) const {
        T value{};
        Reader(Json::object(), cipher_).read(in, value);
        return value;
    }

    template <class T, class... More>
    Change read_put(const std::string& name, const Json& value, EntityKinds<T, More...>) const {
        if (name == kind<T>) return Put<T>{std::make_shared<const T>(entity<T>(value))};
        if constexpr (sizeof...(More) > 0) return read_put(name, value, EntityKinds<More...>{});
        throw Damaged("unknown change: put " + name);
    }

    template <class T, class... More>
    Change read_set(const std::string& name, const Json& value) const {
        if (name == kind<T>) return Set<T>{std::make_shared<const T>(entity<T>(value))};
        if constexpr (sizeof...(More) > 0) return read_set<More...>(name, value);
        throw Damaged("unknown change: set " + name);
    }

    template <class T, class... More>
    Change read_remove(const std::string& name, std::string id, EntityKinds<T, More...>) const {
        if (name == kind<T>) return Remove<T>{std::move(id)};
        if constexpr (sizeof...(More) > 0) return read_remove(name, std::move(id), EntityKinds<More...>{});
        throw Damaged("unknown change: remove " + name);
    }

    const core::FieldCipher& cipher_;
};

}  // namespace

template <class T>
Result<std::string> Records::write(const T& entity) const {
    return guarded(std::string(kind<T>) + " cannot be stored", [&] { return Writer(cipher_).write(entity).dump(); });
}

template <class T>
Result<T> Records::read(std::string_view text) const {
    return guarded(std::string("stored ") + kind<T> + " is damaged", [&] {
        const auto json = Json::parse(text);
        T entity{};
        Reader(json, cipher_).read(json, entity);
        return entity;
    });
}

Result<std::string> Records::write_changes(const std::vector<Change>& changes) const {
    return guarded("change cannot be stored", [&] {
        const Writer writer(cipher_);
        auto out = Json::array();
        for (const auto& change : changes) out.push_back(std::visit(ChangeWriter{writer}, change));
        return out.dump();
    });
}

Result<std::vector<Change>> Records::read_changes(std::string_view text) const {
    return guarded("stored change is damaged", [&] {
        const auto json = Json::parse(text);
        const ChangeReader reader(cipher_);
        std::vector<Change> changes;
        for (const auto& change : json) changes.push_back(reader.read(change));
        return changes;
    });
}

Result<std::string> Records::write_event_meta(const std::map<std::string, std::string>& meta) const {
    return guarded("audit event cannot be stored", [&] { return Json(meta).dump(); });
}

// Every kind of entity, without a list of its own.
namespace {
template <class T>
constexpr auto used = std::pair{&Records::write<T>, &Records::read<T>};
template <class... T>
constexpr auto all_used(EntityKinds<T...>) {
    return std::tuple{used<management::AccountState>, used<T>...};
}
}  // namespace
extern const decltype(all_used(Entities{})) instantiated;
const decltype(all_used(Entities{})) instantiated = all_used(Entities{});

}  // namespace rookery::adapters::records
