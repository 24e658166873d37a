#include "ops/middleware/message.hpp"

#include "catch.hpp"

using namespace ops::middleware;

TEST_CASE("a header is found by its name without case, and counted") {
  Request request;
  request.headers = {{"X-Auth-Key", "first"}, {"x_auth_key", "other"}, {"x-auth-key", "second"}};
  CHECK(request.header("x-auth-key") == "first");
  CHECK(request.count("X-AUTH-KEY") == 2);
  CHECK(request.count("x_auth_key") == 1);
  CHECK(request.header("x-auth-user").empty());
  CHECK(request.count("x-auth-user") == 0);
}

TEST_CASE("a value is found in the query by its whole name") {
  Request request;
  request.query = "verbose&ms=20&ms=30&empty=&pair=a=b&&=x";
  CHECK(request.query_value("ms") == "20");
  CHECK(request.query_value("pair") == "a=b");
  CHECK(request.query_value("empty").empty());
  CHECK(request.query_value("verbose").empty());
  CHECK(request.query_value("m").empty());
  CHECK(request.query_value("s").empty());
  request.query = "ms=1";
  CHECK(request.query_value("ms") == "1");
  request.query = "";
  CHECK(request.query_value("ms").empty());
}

TEST_CASE("an answer names the type of its body") {
  const Response text = Response::text(404, "gone");
  CHECK(text.status == 404);
  CHECK(text.body == "gone");
  CHECK(text.content_type == "text/plain; charset=utf-8");
  CHECK(Response::json(200, "{}").content_type == "application/json");
}
