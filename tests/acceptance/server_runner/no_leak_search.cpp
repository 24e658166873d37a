// Linked into the programs that server-runner runs in the tests.
//
// AddressSanitizer looks for leaks when a program ends, and stops it for that as a debugger does. A
// CONT that comes in this moment, as one follows each order to stop, undoes the stop before it was
// seen, and nothing goes on any more.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
