/* SPDX-License-Identifier: Apache-2.0 */
/* embedding.c - embedding HOME TIMES WAY: a program with Python in it, begun and ended
 * so often. WAY: "string" runs code, "main" goes through Python's own main. */
#include <Python.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char code[] = "def inside(): pass\n"
                           "for _ in range(10): inside()\n";

static void begin(const char *home, bool is_main)
{
    PyConfig config;

    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    PyConfig_SetBytesString(&config, &config.home, home);
    if (is_main)
        PyConfig_SetBytesString(&config, &config.run_command, code);
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    bool is_main = strcmp(argv[3], "main") == 0;
    for (int left = atoi(argv[2]); left > 0; left--) {
        begin(argv[1], is_main);
        int fault = is_main ? Py_RunMain() : PyRun_SimpleString(code);
        if (!is_main)
            fault |= Py_FinalizeEx();
        if (fault != 0)
            return 1;
        printf("%d\n", left);
        fflush(stdout);
    }
    return 0;
}
