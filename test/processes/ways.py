# SPDX-License-Identifier: Apache-2.0
"""The program: ways.py WAY END starts one worker (ends.py) in that way and says how it ended."""

import asyncio
import concurrent.futures
import multiprocessing
import multiprocessing.context as contexts
import os
import shlex
import socket
import subprocess
import sys
import time

import ends

HERE = os.path.dirname(os.path.abspath(__file__))
places = ends.progress()
kept = []  # what must live as long as this process


def ready():
    """The worker has made its calls and waits."""
    while not places[ends.WAITS]:
        time.sleep(0.002)


def is_gone():
    """The worker has ended, whether somebody waited for it or not."""
    pid = places[ends.PID]  # once: it may begin while this is looked at
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return pid != 0


def follow(end, wait, terminate=None):
    """Of a worker that runs: ended by us, left alone or waited for."""
    if end == "terminate()":
        ready()
        terminate()
    if end == "parent ends":
        ready()
        return "left"
    return wait()


def waited(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def command(end, python=sys.executable):
    return [python, os.path.join(HERE, "ends.py"), end]


class ForkWorker(contexts.ForkProcess):
    def run(self):
        ends.work(sys.argv[2])


class SpawnWorker(contexts.SpawnProcess):
    def run(self):
        ends.work(sys.argv[2])


class ForkServerWorker(contexts.ForkServerProcess):
    def run(self):
        ends.work(sys.argv[2])


def join(process, end):
    def wait():
        process.join()
        return process.exitcode

    process.daemon = end == "parent ends"
    process.start()
    kept.append(process)
    return follow(end, wait, process.terminate)


def process_of(method):
    context = multiprocessing.get_context(method)
    return lambda end: join(context.Process(target=ends.work, args=(end,)), end)


def pool_of(method):
    """A pool never tells that a worker died: so that is looked for."""
    def start(end):
        pool = multiprocessing.get_context(method).Pool(2)
        kept.append(pool)
        result = pool.apply_async(ends.work, (end,))

        def wait():
            while not result.ready() and not is_gone() and end != "terminate()":
                result.wait(0.01)
            told = "lost" if not result.ready() else "returned" if result.successful() else "failed"
            pool.terminate()
            pool.join()
            return told

        return follow(end, wait, pool.terminate)

    return start


def executor_of(method):
    def start(end):
        context = multiprocessing.get_context(method)
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            future = pool.submit(ends.work, end)

            def wait():
                error = future.exception()
                return type(error).__name__ if error else "returned"

            return follow(end, wait, getattr(pool, "terminate_workers", None))

    return start


def os_fork(end):
    pid = os.fork()
    if pid == 0:
        ends.work(end)
        sys.exit()
    return follow(end, lambda: waited(pid))


def forkpty(end):
    """What the worker prints goes to its terminal."""
    pid, terminal = os.forkpty()
    if pid == 0:
        ends.work(end)
        sys.exit()

    def wait():
        said = b""
        try:
            while more := os.read(terminal, 4096):
                said += more
        except OSError:  # EIO: nobody has it open any more
            pass
        print(said.decode(), end="")
        return waited(pid)

    return follow(end, wait)


def double_fork(end):
    """A daemon as in the books: nobody's child, no descriptor, elsewhere."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.umask(0)
        os.closerange(0, os.sysconf("SC_OPEN_MAX"))
        for _ in range(3):
            os.open("/dev/null", os.O_RDWR)
        ends.work(end)
        sys.exit()
    waited(pid)

    def wait():
        while not is_gone():
            time.sleep(0.005)
        return "gone"

    return follow(end, wait)


def popen(words, end, **options):
    child = subprocess.Popen(words, **options)
    kept.append(child)
    return follow(end, child.wait, child.terminate)


def wrapped(end):
    return popen([os.path.join(HERE, "wrapper.sh"), *command(end)], end)


def uv_run(end):
    return popen([os.environ["UV"], "run", "--quiet", "--no-project", "--offline", "--no-config", "--python",
                  sys.executable, "--", "python", os.path.join(HERE, "ends.py"), end], end)


def posix_spawn(end):
    pid = os.posix_spawn(sys.executable, command(end), os.environ)
    return follow(end, lambda: waited(pid))


def spawnv(end):
    pid = os.spawnv(os.P_NOWAIT, sys.executable, command(end))
    return follow(end, lambda: waited(pid))


def exec_other(end):
    os.execv(os.environ["OTHER"], command(end, os.environ["OTHER"]))


def with_asyncio(create):
    def start(end):
        async def run():
            child = await create(end)
            if end == "terminate()":
                await asyncio.to_thread(ready)
                child.terminate()
            return await child.wait()

        return asyncio.run(run())

    return start


def prefork(end):
    """A server of two workers that accept for themselves: who takes the request is the worker."""
    listener = socket.create_server(("127.0.0.1", 0))
    pids = []
    for _ in range(2):
        pids.append(os.fork())
        if pids[-1] == 0:
            with listener.accept()[0].makefile() as request:
                ends.work(request.readline().rstrip())
            sys.exit()
    with socket.create_connection(listener.getsockname()) as client:
        client.sendall(end.encode() + b"\n")
    while not places[ends.PID]:
        time.sleep(0.002)
    busy = places[ends.PID]
    told = follow(end, lambda: waited(busy))
    pids.remove(busy)
    os.kill(pids[0], 15)
    return told, waited(pids[0])


def itself(end):
    ends.work(end)
    return "itself"


WAYS = {
    "Process, fork": process_of("fork"),
    "Process, spawn": process_of("spawn"),
    "Process, forkserver": process_of("forkserver"),
    "Process with run(), fork": lambda end: join(ForkWorker(), end),
    "Process with run(), spawn": lambda end: join(SpawnWorker(), end),
    "Process with run(), forkserver": lambda end: join(ForkServerWorker(), end),
    "Pool, fork": pool_of("fork"),
    "Pool, spawn": pool_of("spawn"),
    "Pool, forkserver": pool_of("forkserver"),
    "ProcessPoolExecutor, fork": executor_of("fork"),
    "ProcessPoolExecutor, spawn": executor_of("spawn"),
    "ProcessPoolExecutor, forkserver": executor_of("forkserver"),
    "os.fork": os_fork,
    "os.forkpty": forkpty,
    "double fork": double_fork,
    "prefork server": prefork,
    "subprocess": lambda end: popen(command(end), end),
    "subprocess, shell=True": lambda end: popen(shlex.join(command(end)), end, shell=True),
    "os.system": lambda end: os.waitstatus_to_exitcode(os.system(shlex.join(command(end)))),
    "os.posix_spawn": posix_spawn,
    "os.spawnv": spawnv,
    "os.exec of another Python": exec_other,
    "asyncio, exec": with_asyncio(lambda end: asyncio.create_subprocess_exec(*command(end))),
    "asyncio, shell": with_asyncio(lambda end: asyncio.create_subprocess_shell(shlex.join(command(end)))),
    "a venv's Python": lambda end: popen(command(end, os.environ["VENV"]), end),
    "another Python": lambda end: popen(command(end, os.environ["OTHER"]), end),
    "a shell script": wrapped,
    "uv run": uv_run,
    "a zipapp": lambda end: popen([sys.executable, os.path.join(HERE, "worker.pyz"), end], end),
    "-m package": lambda end: popen([sys.executable, "-m", "worker", end], end, cwd=HERE),
    "the program itself": itself,
}


def main():
    way, end = sys.argv[1:]
    told = WAYS[way](end)
    print(f"{way}: {end}: {told}", flush=True)
    sys.exit(told % 200 if isinstance(told, int) else 7)


if __name__ == "__main__":
    main()
