// The instance before anybody has an account (rest-api §6.17): no authentication.
#pragma once

#include <memory>

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

// As far as the reference looks: "a@b" and "Name <a@b.c>" pass.
bool looks_like_email(std::string_view text);

void get_instance(const ContextPtr& context, const RequestPtr& request, const Answer& answer);     // GET /instance
void set_up_instance(const ContextPtr& context, const RequestPtr& request, const Answer& answer);  // POST /setup

void get_version(const Call& call);  // GET /instance/version: of the API that is spoken here

}  // namespace rookery::adapters::rest
