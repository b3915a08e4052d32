/* SPDX-License-Identifier: Apache-2.0 */
/* choice.c - sonde run --children GLOB: of the processes that the program starts those
 * are shown whose command, or role or name in multiprocessing, matches. Whoever may
 * still turn out to be one that matches has a tape meanwhile, marked to be passed
 * over; whoever does not is not recorded, nor is what it forks. */
#include <fnmatch.h>
#include <string.h>

#include "agent/children.h"

static bool matches(const char *name)
{
    return fnmatch(agent.options.only, name, 0) == 0;
}

static bool choosing(void)
{
    return agent.options.only[0] != '\0';
}

/* Where an option "children=" begins; NULL: there is none. */
static char *find(char *text)
{
    static const char option[] = ",children=";

    if (strncmp(text, option + 1, sizeof option - 2) == 0)
        return text;
    char *at = strstr(text, option);
    return at ? at + 1 : NULL;
}

const char *choice_cut(char *text)
{
    char *at = find(text), *value = at ? strchr(at, '=') + 1 : NULL;

    if (!at)
        return "";
    if (value[0] == '0' && (value[1] == ',' || value[1] == '\0')) {
        memset(at, ' ', (size_t)(value + 1 - at));
        return "0";
    }
    *at = '\0';
    return value;
}

void choice_read(const char *children, bool inner)
{
    struct options *o = &agent.options;

    o->children = strcmp(children, "0") != 0;
    o->inner = inner;
    if (o->children && strlen(children) < sizeof o->only)
        strcpy(o->only, children);
}

/* The first Python in a line of descent is the program, whatever it is called. */
bool choice_of_command(const char *program)
{
    if (!choosing() || !agent.options.inner || matches(program))
        return true;
    const char *duty = roles_duty();
    if (duty && matches(duty))
        return true;
    agent.left_out = true;
    return duty != NULL && strcmp(duty, "resource_tracker") != 0;
}

/* It is called as who forked it, until multiprocessing tells another name. */
void choice_of_fork(void)
{
    agent.left_out = choosing() && !matches(agent.program);
    agent.options.inner = true;
}

static int let_go(void *unused)
{
    (void)unused;
    agent_stand_aside();
    return 0;
}

/* Events cannot be stopped in the midst of one. */
void choice_of_worker(const char *duty, const char *called)
{
    if (!agent.left_out)
        return;
    agent.left_out = !matches(duty) && !matches(called);
    if (agent.left_out)
        Py_AddPendingCall(let_go, NULL);
    else
        writer_header(&calls.tape)->flags &= ~(uint32_t)TAPE_LEFT_OUT;
}
