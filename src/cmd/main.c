/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the command's front door: prints and exits, which nothing else does. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("sonde " SONDE_VERSION);
        return 0;
    }
    fputs("sonde: no such command (try sonde --version)\n", stderr);
    return 2;
}
