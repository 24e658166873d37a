"""Checks a source tree against the rules of the house: check.py [TREE]. Prints every violation as
path:line: rule: what is wrong, and ends with 1 where there is any."""

import os
import sys

import rules


class Tree:
    """The files of a source tree, without what git ignores: `build` and caches."""

    def __init__(self, root):
        self.root = root
        self.top_level = sorted(os.listdir(root))
        self._paths, self._folders, self._texts = [], set(), {}
        for folder, folders, files in os.walk(root):
            here = os.path.relpath(folder, root)
            here = "" if here == "." else here + "/"
            folders[:] = sorted(f for f in folders if f not in (".git", "__pycache__") and here + f != "build")
            self._folders.update(here + f for f in folders)
            self._paths += [here + f for f in sorted(files)]

    def files(self, *endings, under=""):
        return [p for p in self._paths if p.startswith(under) and (not endings or p.endswith(endings))]

    def directories(self, parent):
        return sorted(f[len(parent) + 1:] for f in self._folders if os.path.dirname(f) == parent)

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def names(self, path):
        """Whether `path` names a file or directory here: from the top, or by its last parts."""
        everything = self._folders.union(self._paths)
        return path in everything or any(known.endswith("/" + path) for known in everything)


def violations(root):
    tree = Tree(root)
    for rule in rules.ALL:
        for path, line, wrong in rule(tree):
            yield rule.__name__, f"{path}:{line}: {rule.__name__.replace('_', ' ')}: {wrong}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    found = [text for _, text in violations(root)]
    print("\n".join(found) if found else f"{root} keeps the rules of the house")
    return 1 if found else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
