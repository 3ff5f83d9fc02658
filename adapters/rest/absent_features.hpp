// What is not there yet answers as a server on which it is switched off: nothing found, so that a page that asks shows
// "nothing yet" and no error.
#pragma once

#include "adapters/rest/call.hpp"

namespace rookery::adapters::rest {

void list_nothing(const Call& call);          // []
void page_of_nothing(const Call& call);       // a page of a list, empty
void without_embedded_idp(const Call& call);  // 412: identity providers, invites, passwords

core::Error without_geo_database();     // 412, with what to do
void list_countries(const Call& call);  // GET /locations/countries: there is no geo database
void list_cities(const Call& call);     // GET /locations/countries/{}/cities

}  // namespace rookery::adapters::rest
