#include "cli/json_result.hpp"

#include <nlohmann/json.hpp>

namespace ops::cli {

void print_json(Stage& stage, const nlohmann::ordered_json& object) {
  using Handling = nlohmann::ordered_json::error_handler_t;
  stage.console.result(object.dump(-1, ' ', false, Handling::replace) + "\n");
}

}  // namespace ops::cli
