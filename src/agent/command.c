/* SPDX-License-Identifier: Apache-2.0 */
/* command.c - the words, the executable and the environment of what is about to be
 * executed, read from str and bytes alone. What they hold is looked at and let go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/children.h"

static struct {
    char bytes[WORD_BYTES];
    size_t used;
} room;

/* A copy that ends in NUL, cut to what is left; empty: neither str nor bytes. */
static struct str take(PyObject *text)
{
    char *at = room.bytes + room.used;
    size_t left = sizeof room.bytes - room.used;

    *at = '\0';
    if (left < 2)
        return (struct str){ at, 0 };
    if (PyUnicode_Check(text))
        names_bytes(text, at, left);
    else if (PyBytes_Check(text))
        snprintf(at, left, "%s", PyBytes_AS_STRING(text));
    size_t len = strlen(at);
    if (room.used + len + 1 < sizeof room.bytes)
        room.used += len + 1;
    return (struct str){ at, len };
}

static Py_ssize_t count_of(PyObject *list)
{
    if (!list)
        return 0;
    return PyTuple_Check(list)  ? PyTuple_GET_SIZE(list)
           : PyList_Check(list) ? PyList_GET_SIZE(list)
                                : 0;
}

static PyObject *item_of(PyObject *list, Py_ssize_t i)
{
    return PyTuple_Check(list) ? PyTuple_GET_ITEM(list, i) : PyList_GET_ITEM(list, i);
}

static bool leads_to_hook(const char *path)
{
    static const char hook[] = "/sonde/hook";

    for (const char *at = path; at && (at = strstr(at, hook)); at++)
        if (at[sizeof hook - 1] == ':' || at[sizeof hook - 1] == '\0')
            return true;
    return false;
}

bool command_moved(void)
{
    return agent.directory[0] != '\0' && access(agent.directory, F_OK) != 0;
}

/* recording: NULL: it names none. */
static enum environment environment_of(const char *recording, const char *python_path)
{
    struct stat ours, theirs;

    if (!recording)
        return ENVIRONMENT_REPLACED;
    if (!leads_to_hook(python_path))
        return ENVIRONMENT_ELSEWHERE;
    if (strcmp(recording, agent.directory) == 0)
        return command_moved() ? ENVIRONMENT_NOWHERE : ENVIRONMENT_WHOLE;
    bool same = stat(recording, &theirs) == 0 && stat(agent.directory, &ours) == 0 &&
                ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
    return same ? ENVIRONMENT_WHOLE : ENVIRONMENT_ANOTHER;
}

static const char *value_in(const char *entry, const char *name)
{
    size_t len = strlen(name);

    return strncmp(entry, name, len) == 0 && entry[len] == '=' ? entry + len + 1 : NULL;
}

static enum environment of_list(PyObject *list)
{
    const char *recording = NULL;
    char path[4096] = "";

    for (Py_ssize_t i = 0; i < count_of(list); i++) {
        PyObject *entry = item_of(list, i);
        const char *text = PyBytes_Check(entry) ? PyBytes_AS_STRING(entry) : "";
        const char *value = value_in(text, "PYTHONPATH");

        if (value_in(text, "SONDE_RECORDING"))
            recording = value_in(text, "SONDE_RECORDING");
        if (value)
            snprintf(path, sizeof path, "%s", value);
    }
    return environment_of(recording, path);
}

static void put_text(char *to, size_t size, PyObject *text)
{
    *to = '\0';
    if (PyUnicode_Check(text))
        names_bytes(text, to, size);
    else if (PyBytes_Check(text))
        snprintf(to, size, "%s", PyBytes_AS_STRING(text));
}

static enum environment of_dict(PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    char name[32], path[4096] = "", recording[4096] = "";

    while (PyDict_Next(dict, &at, &key, &value)) {
        put_text(name, sizeof name, key);
        if (strcmp(name, "SONDE_RECORDING") == 0)
            put_text(recording, sizeof recording, value);
        if (strcmp(name, "PYTHONPATH") == 0)
            put_text(path, sizeof path, value);
    }
    return environment_of(recording[0] ? recording : NULL, path);
}

/* os.environ is what the process has, and so is whatever is not known. */
static enum environment of_environment(PyObject *env)
{
    if (env && PyDict_Check(env))
        return of_dict(env);
    if (env && (PyList_Check(env) || PyTuple_Check(env)))
        return of_list(env);
    return environment_of(getenv("SONDE_RECORDING"), getenv("PYTHONPATH"));
}

static bool is_executable(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

/* As execvp(3) would find it. */
bool command_find(const char *name, char *file, size_t size)
{
    const char *path = getenv("PATH");

    if (strchr(name, '/')) {
        snprintf(file, size, "%s", name);
        return is_executable(file);
    }
    for (path = path ? path : "/bin:/usr/bin"; *path; path += *path == ':') {
        int dir = (int)strcspn(path, ":");
        int len = snprintf(file, size, "%.*s/%s", dir, path, name);
        if (len > 0 && (size_t)len < size && is_executable(file))
            return true;
        path += dir;
    }
    return false;
}

static void find_file(struct command *c, PyObject *files)
{
    bool certain = true;
    char name[sizeof c->file];
    Py_ssize_t count = count_of(files);

    for (Py_ssize_t i = 0; i < count || (i == 0 && files && count == 0); i++) {
        put_text(name, sizeof name, count > 0 ? item_of(files, i) : files);
        if (name[0] != '\0' && command_find(name, c->file, sizeof c->file))
            return;
        certain = certain && name[0] == '/'; /* others depend on where it is then */
    }
    c->file[0] = '\0';
    c->missing = files && certain;
}

void command_of(struct command *c, PyObject *args, PyObject *files, PyObject *env)
{
    *c = (struct command){ .environment = of_environment(env) };
    room.used = 0;
    for (Py_ssize_t i = 0; i < count_of(args) && c->words < WORDS_MOST; i++)
        c->word[c->words++] = take(item_of(args, i));
    find_file(c, files);
    if (c->words == 0 || c->word[0].len == 0) { /* a path object, say */
        c->word[0] = str_of(c->file);
        c->words += c->words == 0;
    }
}

void command_of_shell(struct command *c, PyObject *text)
{
    *c = (struct command){ .environment = of_environment(NULL),
                           .word = { STR("sh"), STR("-c") },
                           .words = 3,
                           .file = "/bin/sh" };
    room.used = 0;
    c->word[2] = take(text);
}

bool command_is_shell(const struct command *c)
{
    static const char *const shells[] = { "sh", "bash", "dash", "zsh", "ksh", "ash" };
    struct str option = c->words > 2 ? c->word[1] : (struct str){ 0 };
    struct str base = str_basename(c->word[0]);

    if (option.len < 2 || option.at[0] != '-' || option.at[option.len - 1] != 'c')
        return false;
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (str_eq(base, str_of(shells[i])))
            return true;
    return false;
}

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           strchr("_-+./:,@%=", c) != NULL;
}

/* A word in quotes, or a plain one; empty: neither. */
static struct str next_word(struct str *text)
{
    struct str word = *text;
    size_t taken;

    if (text->at[0] == '\'' || text->at[0] == '"') {
        const char *end = memchr(text->at + 1, text->at[0], text->len - 1);
        if (!end)
            return (struct str){ 0 };
        word = (struct str){ text->at + 1, (size_t)(end - text->at) - 1 };
        taken = word.len + 2;
    } else {
        for (taken = 0; taken < text->len && is_plain(text->at[taken]);)
            taken++;
        word.len = taken;
    }
    *text = (struct str){ text->at + taken, text->len - taken };
    bool ends = text->len == 0 || strchr(" \t\n;|&)", text->at[0]);
    return ends ? word : (struct str){ 0 };
}

/* NAME=VALUE in front of a command. */
static bool is_assignment(struct str word)
{
    return word.len > 0 && memchr(word.at, '=', word.len) && word.at[0] != '=' &&
           word.at[0] != '-';
}

uint32_t command_split(struct str text, struct str *words, uint32_t most)
{
    uint32_t count = 0;

    while (count < most) {
        while (text.len > 0 && strchr(" \t\n", text.at[0]))
            text = (struct str){ text.at + 1, text.len - 1 };
        if (text.len == 0 || strchr(";|&)", text.at[0]))
            break;
        struct str word = next_word(&text);
        if (word.len == 0)
            break;
        if (count == 0 && is_assignment(word))
            continue;
        words[count++] = word;
    }
    return count;
}

void command_name(const struct command *c, char *name)
{
    struct str word = str_basename(c->word[0]), first;

    if (!command_is_shell(c)) {
        snprintf(name, NAME_MOST, "%.*s", (int)word.len, word.at ? word.at : "");
        return;
    }
    bool any = command_split(c->word[2], &first, 1) > 0;
    first = any ? str_basename(first) : first;
    snprintf(name, NAME_MOST, "%.*s -c%s%.*s", (int)word.len, word.at, any ? " " : "",
             any ? (int)first.len : 0, any ? first.at : "");
}
