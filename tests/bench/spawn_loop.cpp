// spawn_loop COMMAND…: the floor of all supervisors: starts the command by posix_spawn, waits for
// it, and starts it again while it exits with 99.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int, char** argv) {
  for (;;) {
    pid_t pid = 0;
    int status = 0;
    if (::posix_spawnp(&pid, argv[1], nullptr, nullptr, argv + 1, environ) != 0) return 127;
    if (::waitpid(pid, &status, 0) != pid) return 1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 99) return WEXITSTATUS(status);
  }
}
