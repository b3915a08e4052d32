# SPDX-License-Identifier: Apache-2.0
"""Another site that is open in the browser in which the page is: by fetch, form, image, script, frame, socket,
window, from another port of this machine, which is the same site, and from a name that is another."""

import http.server
import threading

import pytest

ROUTES = ["/", "/q/about", "/page.js", "/engine.wasm", "/events"]


class Attacker(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b"<!doctype html><title>another site</title><body>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *words):
        pass


@pytest.fixture
def attacker():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Attacker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("routes", [["/q/about"], pytest.param(ROUTES, marks=pytest.mark.long)], ids=["one", "all"])
def test_another_site_gets_no_byte(browser, serve, recording, attacker, routes):
    url = serve(recording)
    sites = [f"http://127.0.0.1:{attacker}/", f"http://localhost:{attacker}/"]
    played = browser.play("foreign", url=url, sites=sites, routes=routes)
    assert played["told"] == {site: [] for site in sites}
    # A window that comes to the page itself is the user's, and cut off from who opened it.
    assert [a for a in played["headers"] if a["within"] and a["status"] == 200] == []
    assert len(played["headers"]) >= 8 * len(routes) and {a["status"] for a in played["headers"]} >= {403}
    assert not [key for a in played["headers"] for key in a if key.startswith("access-control")]
