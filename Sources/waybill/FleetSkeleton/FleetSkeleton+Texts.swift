import WaybillCore

extension FleetSkeleton {
    static let programPath = "fleet/artifacts/greeting/1.0.0/server.py"

    var settings: String {
        let note =
            remote == nil
            ? "here this very folder. A server would say https://… or git@host:path."
            : "a path, https://… or git@host:path."
        return """
            # Settings of the controller. 'docs/cli.md' of Waybill lists all; flags and WAYBILL_ variables go before this file.
            repository:
              # What the controller watches: \(note)
              url: \(Value.string(remote ?? ".").json)
              branch: main
              path: fleet
            # Where the controller keeps its state; not part of the fleet (.gitignore).
            state: .state

            """
    }

    static let request = """
        {"inputs": [{"name": "x", "datatype": "FP64", "shape": [3], "data": [1.0, 2.0, 3.0]}]}

        """

    static let environments = """
        apiVersion: waybill.dev/v1alpha1
        kind: Environment
        metadata:
          name: staging
        spec:
          target: local
          description: Where a version shows itself first.
        ---
        apiVersion: waybill.dev/v1alpha1
        kind: Environment
        metadata:
          name: production
        spec:
          target: local
          description: What customers see.

        """

    static let runtime = """
        # Any Python program that speaks the Open Inference Protocol V2 with the standard library alone.
        apiVersion: waybill.dev/v1alpha1
        kind: ServingRuntime
        metadata:
          name: python-oip
        spec:
          formats: [python-oip]
          protocol: oip-v2
          command:
            - /usr/bin/python3
            - -Iu
            - "{{ model.dir }}/server.py"
            - "--name={{ deployment.name }}"
            - "--version={{ model.version }}"
            - "--port={{ ports.http }}"
          probes:
            startup:
              http: /v2/models/{{ deployment.name }}/ready
              period: 100ms
              failures: 300
            readiness:
              http: /v2/models/{{ deployment.name }}/ready
              period: 2s

        """

    static let model = """
        apiVersion: waybill.dev/v1alpha1
        kind: Model
        metadata:
          name: greeting
        spec:
          owner: team-example
          description: Doubles each number; stands for a model of yours.
          license: Apache-2.0
          riskTier: minimal

        """

    /// Digest and size are those of `program`.
    static let version = """
        # Immutable once merged: a change is a new version. 'waybill new version' writes these with digest and size.
        apiVersion: waybill.dev/v1alpha1
        kind: ModelVersion
        spec:
          model: greeting
          version: 1.0.0
          format: python-oip
          artifacts:
            - path: server.py
              source: \(programPath)
              digest: \(Digest(of: program.utf8))
              size: \(program.utf8.count)
          interface:
            inputs:
              - {name: x, datatype: FP64, shape: [-1]}
            outputs:
              - {name: y, datatype: FP64, shape: [-1]}

        """

    static let deployment = """
        apiVersion: waybill.dev/v1alpha1
        kind: ModelDeployment
        metadata:
          name: greeting
        spec:
          environment: staging
          model: greeting
          version: 1.0.0
          runtime: python-oip
          replicas: 1

        """

    static let program = """
        \"\"\"A model server that speaks the Open Inference Protocol V2: it doubles each number.\"\"\"
        import argparse
        import json
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        parser = argparse.ArgumentParser()
        parser.add_argument("--name")
        parser.add_argument("--version")
        parser.add_argument("--port", type=int)
        options = parser.parse_args()
        MODEL = "/v2/models/" + options.name


        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                known = self.path in ("/v2/health/live", "/v2/health/ready", MODEL, MODEL + "/ready")
                self.answer(200 if known else 404, {"name": options.name, "versions": [options.version]})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path not in (MODEL + "/infer", MODEL + "/versions/" + options.version + "/infer"):
                    return self.answer(404, {"error": "no such model"})
                try:
                    tensor = json.loads(body)["inputs"][0]
                    doubled = [2 * number for number in tensor["data"]]
                    output = {"name": "y", "datatype": "FP64", "shape": tensor["shape"], "data": doubled}
                except (ValueError, KeyError, IndexError, TypeError) as error:
                    return self.answer(400, {"error": "not an inference request: %r" % error})
                self.answer(200, {"model_name": options.name, "model_version": options.version, "outputs": [output]})

            def answer(self, status, value):
                text = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass


        ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()

        """

    static let readme = """
        # Fleet

        What should be serving, and Waybill sees to it.

        | folder | what |
        | --- | --- |
        | `fleet/environments.yaml` | stages of the promotion path |
        | `fleet/runtimes` | how models are run |
        | `fleet/models` | models and their versions |
        | `fleet/deployments` | which version serves where |
        | `requests` | an example of a request |
        | `waybill.yaml` | settings of the controller |

        ```
        waybill lint                                # before each push
        waybill run
        waybill get deployments --wait              # in another terminal
        waybill call staging/greeting --data requests/greeting.json
        ```

        """
}
