#include "middleware/error_answer.hpp"

#include "catch.hpp"

using namespace ops::middleware;

TEST_CASE("an error is a JSON object with a code and a message") {
  const Response answer = error_answer(404, "not-found", "there is nothing at \"/x\"\n");
  CHECK(answer.status == 404);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.body ==
        R"({"ok":false,"error":{"code":"not-found","message":"there is nothing at \"/x\"\n"}})");
}

TEST_CASE("bytes that are no UTF-8 do not keep an error from being told") {
  CHECK(error_answer(400, "bad", "\xff").body.find("\xff") == std::string::npos);
}
