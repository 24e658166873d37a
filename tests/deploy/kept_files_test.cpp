#include "deploy/kept_files.hpp"

#include "deploying_app.hpp"

using namespace ops::deploy;

namespace {

/// Somewhere to copy to.
struct CopyTarget {
  TemporaryDirectory place;
  ops::base::UniqueFd root = std::move(ops::base::open_directory(place.path())).value();
  ops::archive::TargetTree tree{root.get()};

  bool take(KeptFiles& kept, const std::string& path, const std::string& content) {
    const auto copied =
        kept.copy({path, 0644, content.size(), ops::base::sha256(content)}, tree, {});
    REQUIRE(copied.ok());
    return *copied;
  }
};

}  // namespace

TEST_CASE("a file is found by its content, under any name and in any release that is kept") {
  DeployingApp app;
  app.serve({{"message.txt", "one"}, {"a/b.txt", "in the first"}});
  app.serve({{"message.txt", "two"}});
  KeptFiles kept(app.store());
  CopyTarget target;
  CHECK(target.take(kept, "x/y/z.txt", "in the first"));
  CHECK(target.place.read("x/y/z.txt") == "in the first");
  CHECK(target.take(kept, "m", "two"));
  CHECK_FALSE(target.take(kept, "none", "in none"));
  CHECK_FALSE(std::filesystem::exists(target.place.file("none")));
}

TEST_CASE("where one release's copy was changed another's is taken") {
  DeployingApp app;
  const std::string first = app.serve({{"message.txt", "one"}, {"same.txt", "same"}});
  const std::string second = app.serve({{"message.txt", "two"}, {"same.txt", "same"}});
  app.place().write("releases/" + second + "/same.txt", "else");
  KeptFiles kept(app.store());
  CopyTarget target;
  CHECK(target.take(kept, "same.txt", "same"));
  CHECK(target.place.read("same.txt") == "same");
  app.place().write("releases/" + first + "/same.txt", "SAME");
  CHECK_FALSE(target.take(kept, "again.txt", "same"));
  CHECK_FALSE(std::filesystem::exists(target.place.file("again.txt")));
}

TEST_CASE("a release whose manifest cannot be read adds nothing and harms nothing") {
  DeployingApp app;
  const std::string first = app.serve({{"message.txt", "one"}});
  app.serve({{"message.txt", "two"}});
  app.place().write("releases/manifests/" + first + ".json", "{broken");
  KeptFiles kept(app.store());
  CopyTarget target;
  CHECK_FALSE(target.take(kept, "a", "one"));
  CHECK(target.take(kept, "b", "two"));
}
