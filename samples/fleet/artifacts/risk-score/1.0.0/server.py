"""Serves a logistic regression over the Open Inference Protocol V2 with nothing but Python's standard library."""
import argparse, json, math, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--name", required=True)
parser.add_argument("--version", required=True)
parser.add_argument("--port", type=int, required=True)
options = parser.parse_args()
model = json.loads(pathlib.Path(__file__).with_name("model.json").read_text())
width, base = len(model["weights"]), f"/v2/models/{options.name}"

def infer(request):
    tensor = request["inputs"][0]
    if tensor["shape"][1:] != [width] or len(tensor["data"]) != tensor["shape"][0] * width:
        raise ValueError(f"expected a flat tensor of shape [-1, {width}]")
    rows = [tensor["data"][i : i + width] for i in range(0, len(tensor["data"]), width)]
    scores = [sum(w * x for w, x in zip(model["weights"], row)) + model["intercept"] for row in rows]
    output = {"name": "probability", "datatype": "FP64", "shape": [len(rows), 1], "data": [1 / (1 + math.exp(-s)) for s in scores]}
    return {"model_name": options.name, "model_version": options.version, "id": request.get("id"), "outputs": [output]}

class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        known = ("/v2/health/live", "/v2/health/ready", f"{base}/ready", base)
        self.answer(200, {"name": options.name, "platform": "python"}) if self.path in known else self.answer(404, {"error": "not found"})
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != f"{base}/infer": return self.answer(404, {"error": "not found"})
        try: self.answer(200, infer(json.loads(body)))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error: self.answer(400, {"error": str(error)})

ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
