#include "runtime/cli.hpp"

int main(int argc, char** argv) {
    return rookery::runtime::run_command_line({argv + 1, argv + argc});
}
