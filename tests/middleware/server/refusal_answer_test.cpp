#include "middleware/server/refusal_answer.hpp"

#include <set>
#include <string>

#include "catch.hpp"

using namespace ops::middleware;

TEST_CASE("each status of a refusal has a code of its own, and the reason as message") {
  std::set<std::string> bodies;
  for (const int status : {400, 408, 413, 414, 417, 431, 501, 505}) {
    const Response answer = refusal_answer(status, "the reason");
    CHECK(answer.status == status);
    CHECK(answer.body.find("the reason") != std::string::npos);
    bodies.insert(answer.body);
  }
  CHECK(bodies.size() == 8);
}

TEST_CASE("a wrong method is told the right ones") {
  const Response answer = wrong_method_answer("GET, HEAD");
  CHECK(answer.status == 405);
  REQUIRE(answer.headers.size() == 1);
  CHECK(answer.headers[0].first == "Allow");
  CHECK(answer.headers[0].second == "GET, HEAD");
  CHECK(answer.body.find("GET, HEAD") != std::string::npos);
}

TEST_CASE("what no handler answers has the status that says why") {
  CHECK(unknown_path_answer().status == 404);
  CHECK(too_large_answer().status == 413);
  CHECK(failure_answer().status == 500);
}
