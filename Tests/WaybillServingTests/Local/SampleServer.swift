/// A model server in a few lines of Python that speaks a little Open Inference Protocol V2, and misbehaves on request.
///
/// It is told how by `BEHAVIOUR`: `stubborn` ignores SIGTERM, `parent` has a child that ignores it too.
let sampleServer = """
    import json, os, signal, subprocess, sys, time
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    port, name, model = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    behaviour = os.environ.get("BEHAVIOUR", "")
    ready = {"/v2/health/ready": 200, "/v2/health/live": 200}

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.answer(ready.get(self.path, 404), {"name": name})

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if self.path.startswith("/set/"):
                ready["/v2/health/" + self.path[5:]] = int(body)
                self.answer(200, {})
            elif self.path == "/say":
                print(body, flush=True)
                self.answer(200, {})
            elif self.path == "/grow":
                globals()["ballast"] = bytearray(int(body))
                self.answer(200, {})
            elif self.path == "/eval":
                try:
                    self.answer(200, {"result": repr(eval(body, globals()))})
                except Exception as error:
                    self.answer(200, {"error": type(error).__name__})
            elif self.path == "/v2/models/%s/infer" % name:
                total = sum(sum(item["data"]) for item in json.loads(body)["inputs"])
                scale = float(open(model).read())
                self.answer(200, {"model_name": name, "outputs": [{"name": "y", "shape": [1], "datatype": "FP64", "data": [total * scale]}]})
            else:
                self.answer(404, {})

        def log_message(self, *arguments):
            pass

    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if behaviour == "parent":
        child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
    print("serving", name, flush=True)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
    """
