"""A real MLflow server with a registered model, made by MLflow's own client: mlflow_server.py FOLDER FILE TEMPLATE

Version 1 of `churn model` has FILE as `model/weights.bin` and, its bytes in reverse, as `model/more.bin`; the alias `champion` is on it. Version 2 is kept in S3. It prints `port N` when
that is so, and a line for each request, until its standard input ends. TEMPLATE is a new server's database, which takes long to make: it is
copied, and made when it is not there.
"""
import os, shutil, sys, threading

folder, file, template = sys.argv[1:4]
if os.path.exists(template):
    shutil.copy(template, f"{folder}/mlflow.db")
os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    _MLFLOW_SERVER_FILE_STORE=f"sqlite:///{folder}/mlflow.db",
    _MLFLOW_SERVER_ARTIFACT_ROOT="mlflow-artifacts:/",
    _MLFLOW_SERVER_ARTIFACT_DESTINATION=f"{folder}/artifacts",
    _MLFLOW_SERVER_SERVE_ARTIFACTS="true",
)
from mlflow.server import app
from werkzeug.serving import WSGIRequestHandler, make_server


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        print(self.command, self.path, code, flush=True)


server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()

quiet, sys.stdout = sys.stdout, open(os.devnull, "w")
from mlflow import MlflowClient

if not os.path.exists(template):
    MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
    shutil.copy(f"{folder}/mlflow.db", f"{template}.{os.getpid()}")
    os.replace(f"{template}.{os.getpid()}", template)

client = MlflowClient(f"http://127.0.0.1:{server.server_port}")
run = client.create_run("0")
shutil.copy(file, f"{folder}/weights.bin")
client.log_artifact(run.info.run_id, f"{folder}/weights.bin", "model")
with open(file, "rb") as source, open(f"{folder}/more.bin", "wb") as sink:
    sink.write(source.read()[::-1])
client.log_artifact(run.info.run_id, f"{folder}/more.bin", "model")
client.create_registered_model("churn model")
client.create_model_version("churn model", f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
client.set_registered_model_alias("churn model", "champion", "1")
client.create_model_version("churn model", "s3://elsewhere/model")
sys.stdout = quiet
print("port", server.server_port, flush=True)
sys.stdin.read()
