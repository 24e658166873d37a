#include "cli/settings.hpp"

#include <map>
#include <sstream>

#include "catch.hpp"
#include "temporary_directory.hpp"

using ops::cli::load_settings;
using ops::cli::Look;
using ops::cli::read_password;
using ops::cli::SettingFlags;
using ops::cli::Settings;
using ops::cli::Surroundings;

namespace {

struct Project {
  ops::Result<Settings> load(const SettingFlags& flags = {}) {
    return load_settings(flags, surroundings());
  }
  ops::Result<ops::client::Secret> password() { return read_password("hello", surroundings()); }
  std::string error(const SettingFlags& flags = {}) {
    const auto settings = load(flags);
    REQUIRE_FALSE(settings.ok());
    return settings.error().message;
  }
  Surroundings surroundings() {
    return {.out = stream,
            .err = stream,
            .in = stream,
            .out_look = Look::plain,
            .err_look = Look::plain,
            .environment =
                [this](const std::string& name) {
                  return environment.contains(name) ? std::optional(environment[name])
                                                    : std::nullopt;
                },
            .clock = clock,
            .directory = directory.path()};
  }

  TemporaryDirectory directory;
  std::map<std::string, std::string> environment;
  std::stringstream stream;
  ops::base::SystemClock clock;
};

}  // namespace

TEST_CASE("without any setting there are defaults, and the directory gives the name") {
  Project project;
  std::filesystem::create_directory(project.directory.file("my.app"));
  const auto settings = project.load({.root = "my.app"});
  REQUIRE(settings.ok());
  CHECK(settings->name == "my-app");
  CHECK(settings->url == "http://127.0.0.1:8080");
  CHECK(settings->user == "deploybot");
  CHECK(settings->root == project.directory.file("my.app"));
}

TEST_CASE("flags are stronger than a profile, a profile stronger than the file") {
  Project project;
  project.directory.write("ops.json", R"({"name":"hello","url":"http://file","user":"file",
      "root":"file","profiles":{"p":{"url":"http://profile","user":"profile"}}})");
  CHECK(project.load()->url == "http://file");
  const auto settings = project.load({.user = "flag", .profile = "p"});
  REQUIRE(settings.ok());
  CHECK(settings->url == "http://profile");
  CHECK(settings->user == "flag");
  CHECK(settings->root == project.directory.file("file"));
}

TEST_CASE("the environment chooses a profile unless a flag does") {
  Project project;
  project.directory.write("ops.json", R"({"name":"my-app","profiles":{"a":{"url":"http://a"},
      "b":{"url":"http://b"}}})");
  project.environment["MY_APP_CONFIG"] = "a";
  CHECK(project.load()->url == "http://a");
  CHECK(project.load({.profile = "b"})->url == "http://b");
  project.environment["MY_APP_CONFIG"] = "";
  CHECK(project.load()->url == "http://127.0.0.1:8080");
}

TEST_CASE("a profile that is not there is named with those that are") {
  Project project;
  project.environment["X_CONFIG"] = "prod";
  CHECK(project.error({.profile = "p"}).find("there is no ops.json here") != std::string::npos);
  project.directory.write("ops.json", R"({"name":"x","profiles":{"a":{},"b":{}}})");
  const std::string message = project.error();
  CHECK(message.find("cannot use the profile \"prod\" (X_CONFIG): ") == 0);
  CHECK(message.find("ops.json has only a, b") != std::string::npos);
}

TEST_CASE("ops.json is found in the root that a flag names, then here, unless it is named") {
  Project project;
  project.directory.write("ops.json", R"({"name":"here"})");
  project.directory.write("app/ops.json", R"({"name":"there","root":"dist"})");
  project.directory.write("other.json", R"({"name":"other"})");
  std::filesystem::create_directory(project.directory.file("plain"));
  CHECK(project.load()->name == "here");
  CHECK(project.load({.root = "app"})->name == "there");
  CHECK(project.load({.root = "plain"})->name == "here");
  CHECK(project.load({.root = "app", .config = "other.json"})->name == "other");
  CHECK(project.load({.config = "app/ops.json"})->root == project.directory.file("app/dist"));
  CHECK(project.error({.config = "none.json"}).find("cannot open") == 0);
}

TEST_CASE("a settings file that is one byte too large is refused") {
  Project project;
  std::string text = R"({"name":"hello"})";
  text.resize(65'536, ' ');
  project.directory.write("ops.json", text);
  CHECK(project.load().ok());
  project.directory.write("ops.json", text + " ");
  CHECK(project.error().find("larger than 65536 bytes") != std::string::npos);
}

TEST_CASE("a directory in place of a settings file is refused") {
  Project project;
  std::filesystem::create_directory(project.directory.file("ops.json"));
  CHECK_FALSE(project.load().ok());
}

TEST_CASE("a name, user or URL that cannot be one is refused") {
  Project project;
  CHECK(project.error({.user = "a b"})
            .ends_with("as the user's name: it may have letters, digits, '-' and '_', at most 64"));
  CHECK(project.error({.user = "a\r\nx-evil: 1"})
            .ends_with("as the user's name: it may have letters, digits, '-' and '_', at most 64"));
  CHECK(project.error({.user = std::string(65, 'a')})
            .ends_with("as the user's name: it may have letters, digits, '-' and '_', at most 64"));
  CHECK(project.error({.url = "host:80"}).find("cannot use the URL") == 0);
  project.directory.write("ops.json", R"({"name":"a/b"})");
  CHECK(project.error().find("as the application's name: it may have letters") !=
        std::string::npos);
}

TEST_CASE("an ops.json that cannot be read is an error, not as good as none") {
  Project project;
  std::filesystem::create_symlink("nowhere", project.directory.path() / "ops.json");
  CHECK(project.error().find("cannot open " + project.directory.file("ops.json") + ": No such") ==
        0);
}

TEST_CASE("the password comes from the environment, or from a file that it names") {
  Project project;
  CHECK(project.password().error().message ==
        "no password: set HELLO_DEPLOYBOT_PWD, or HELLO_DEPLOYBOT_PWD_FILE to the name of a file "
        "that holds it");
  project.directory.write("secret", "from the file\nsecond line\n");
  project.environment["HELLO_DEPLOYBOT_PWD_FILE"] = project.directory.file("secret");
  CHECK(project.password()->view() == "from the file");
  project.environment["HELLO_DEPLOYBOT_PWD"] = "from the variable";
  CHECK(project.password()->view() == "from the variable");
}

TEST_CASE("a password file that is missing, empty or too large is refused") {
  Project project;
  project.environment["HELLO_DEPLOYBOT_PWD_FILE"] = project.directory.file("secret");
  CHECK_FALSE(project.password().ok());
  project.directory.write("secret", "\n");
  CHECK_FALSE(project.password().ok());
  project.directory.write("secret", std::string(4096, 'x'));
  CHECK(project.password().ok());
  project.directory.write("secret", std::string(4097, 'x'));
  CHECK_FALSE(project.password().ok());
}
