#include "middleware/error_answer.hpp"

#include <nlohmann/json.hpp>

namespace ops::middleware {

Response error_answer(int status, std::string_view code, std::string_view message) {
  using Json = nlohmann::ordered_json;
  const Json body = {{"ok", false}, {"error", {{"code", code}, {"message", message}}}};
  return Response::json(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace ops::middleware
