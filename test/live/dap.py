# SPDX-License-Identifier: Apache-2.0
"""A client of debugpy: as an editor, over its socket."""

import contextlib
import json
import socket
import subprocess
import time


class Client:
    def __init__(self, port):
        deadline = time.monotonic() + 60
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except ConnectionRefusedError:  # it does not listen yet
                assert time.monotonic() < deadline
                time.sleep(0.02)
        self.file = self.socket.makefile("rb")
        self.serial, self.waiting = 0, []

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, command, **arguments):
        self.serial += 1
        body = json.dumps({"seq": self.serial, "type": "request", "command": command,
                           "arguments": arguments}).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        return self.serial

    def read(self):
        length = int(self.file.readline().split(b":")[1])
        self.file.readline()
        return json.loads(self.file.read(length))

    def until(self, fits):
        for message in self.waiting:
            if fits(message):
                self.waiting.remove(message)
                return message
        while True:
            message = self.read()
            if fits(message):
                return message
            self.waiting.append(message)

    def event(self, name):
        return self.until(lambda m: m["type"] == "event" and m["event"] == name).get("body", {})

    def ask(self, command, **arguments):
        serial = self.send(command, **arguments)
        answer = self.until(lambda m: m["type"] == "response" and m["request_seq"] == serial)
        assert answer["success"], answer
        return answer.get("body", {})


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def debug(command, folder, env, line):
    """What the client saw of app.py with a breakpoint in that line."""
    port = free_port()
    words = ["-X", "frozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{port}", "--wait-for-client", "app.py"]
    with subprocess.Popen([*command, *words], cwd=folder, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            with contextlib.closing(Client(port)) as client:
                seen = talk(client, folder, line)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return {**seen, "out": out, "err": err, "status": process.returncode}


def talk(client, folder, line):
    client.ask("initialize", adapterID="python", linesStartAt1=True, pathFormat="path")
    attached = client.send("attach", justMyCode=True)
    client.event("initialized")
    set_at = client.ask("setBreakpoints", source={"path": str(folder / "app.py")}, breakpoints=[{"line": line}])
    client.ask("configurationDone")
    client.until(lambda m: m["type"] == "response" and m["request_seq"] == attached)
    stopped = client.event("stopped")
    frames = client.ask("stackTrace", threadId=stopped["threadId"])["stackFrames"]
    value = client.ask("evaluate", expression="1 + leaf(3)", frameId=frames[0]["id"])["result"]
    client.ask("next", threadId=stopped["threadId"])
    again = client.event("stopped")
    after = client.ask("stackTrace", threadId=again["threadId"])["stackFrames"]
    client.ask("continue", threadId=again["threadId"])
    client.event("terminated")
    return {"verified": [b["verified"] for b in set_at["breakpoints"]], "reason": [stopped["reason"], again["reason"]],
            "hit": [[f["name"], f["line"]] for f in frames], "value": value,
            "after": [[f["name"], f["line"]] for f in after]}
