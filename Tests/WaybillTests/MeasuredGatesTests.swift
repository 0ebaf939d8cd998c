import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program asks the gates that run something of their own: a team's program, and a load.
@Suite struct MeasuredGatesTests {
    private struct Bench {
        let folder: URL
        let program: BuiltProgram
        var fleet: URL { folder.appending(path: "fleet") }
        var state: String { folder.path + "/state" }

        init(in folder: URL) throws {
            self.folder = folder
            program = BuiltProgram(
                folder: folder,
                variables: BuiltProgram.ownPorts().merging(["WAYBILL_STATE": folder.path + "/state"]) { _, new in new })
            let sample = BuiltProgram.source.appending(path: "samples/fleet")
            for part in ["models/risk-score", "artifacts/risk-score", "runtimes/python-oip.yaml", "environments.yaml"] {
                let place = fleet.appending(path: part)
                try FileManager.default.createDirectory(
                    at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.copyItem(at: sample.appending(path: part), to: place)
            }
            try write("waybill.yaml", "{}\n")
        }

        func write(_ path: String, _ text: String) throws {
            try Data(text.utf8).write(to: fleet.appending(path: path))
        }

        /// A checklist of one gate; `FILE` of a data file that has these bytes.
        func checklist(_ gate: String, shape: String = "[1, 3]") throws {
            let rows = "a,y\n1,1\n2,0\n3,1\n"
            let golden = """
                {"request": {"inputs": [{"name": "features", "datatype": "FP64", "shape": \(shape), "data": [0, 0, 0]}]}, \
                "response": {"outputs": [{"name": "probability", "datatype": "FP64", "shape": [1, 1], "data": [0.525]}]}}
                """
            try write("rows.csv", rows)
            try write("golden.jsonl", golden)
            func named(_ name: String, _ text: String) -> String {
                "source: \(name), digest: \(Digest(of: text.utf8)), size: \(text.utf8.count)"
            }
            try write(
                "c.yaml",
                """
                apiVersion: waybill.dev/v1alpha1
                kind: Checklist
                metadata: {name: c}
                spec:
                  gates:
                    - \(gate.replacing("GOLDEN", with: "requests: {\(named("golden.jsonl", golden))}"))
                  data:
                    - {name: rows, \(named("rows.csv", rows)), target: y}
                """)
        }

        func validate(_ more: String...) throws -> BuiltProgram.Result {
            try program.run(["validate", "risk-score@1.0.0", "--checklist", "c", "--repository", fleet.path] + more)
        }

        var candidates: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: state + "/candidates")) ?? []
        }
    }

    private func withBench(_ body: (Bench) throws -> Void) async throws {
        try await withTemporaryFolder { folder in try body(try Bench(in: folder)) }
    }

    /// Counts rows of its data and bytes of the model, each as it was told where they are.
    private static let counting = """
        import json, os, sys
        question = json.load(sys.stdin)
        rows = sum(1 for line in open(question["data"]["rows"])) - 1
        folder = question["bundle"]["folder"]
        size = sum(os.path.getsize(os.path.join(folder, path)) for path in question["files"])
        assert question["schema"] == "waybill.command/1" and question["version"] == "risk-score@1.0.0"
        assert "candidate" not in question
        print(json.dumps({"numbers": {"rows": rows, "large": float(size > 10)}, "samples": rows, "message": "counted"}))
        """
    private static let gate =
        "command: {run: [python3, count.py], files: [count.py], data: [rows], bounds: [{number: rows, atLeast: BOUND}, {number: large, atLeast: 1}]}"

    @Test func `a team's program passes and fails by the bounds, and is asked again when its code changes`()
        async throws
    {
        try await withBench { bench in
            try bench.write("count.py", Self.counting)
            try bench.checklist(Self.gate.replacing("BOUND", with: "3"))
            let passed = try bench.validate()
            #expect(passed.code == 0, "\(passed.errors) \(passed.output)")
            #expect(
                passed.output.contains("command   passed    'rows' is 3, 'large' is 1; it says 'counted'"),
                "\(passed.output)")
            #expect(try bench.validate().output.contains("cached    command: measured by an earlier run"))
            #expect(bench.candidates == [])
            try bench.write("count.py", Self.counting + "\n# altered\n")
            let altered = try bench.validate("-o", "json")
            #expect(!altered.output.contains("cached\": [\n") && altered.output.contains("\"command/code\": \"sha256:"))
            try bench.checklist(Self.gate.replacing("BOUND", with: "4"))
            let failed = try bench.validate()
            #expect(failed.code == 1)
            #expect(
                failed.output.contains("command   failed    'rows' is 3, less than 4; it says 'counted'"),
                "\(failed.output)")
        }
    }

    @Test(
        arguments: [
            ("print('{\"numbers\": {\"rows\": NaN}}')", "the program's answer cannot be read: it is no JSON object"),
            ("print('{\"numbers\": {\"rows\": 9}, \"verdict\": \"passed\"}')", "there is no member 'verdict'"),
            ("print('x' * 100000)", "the program was ended: it wrote 65537 bytes or more"),
            ("import sys; sys.exit('no idea')", "the program ended with code 1; its last words: no idea"),
            ("import os; os.listdir('/proc/1/fd')", "the program ended with code 1"),
            ("while True: pass", "the program was ended: its time is over (2 s)"),
        ])
    func `a program that gives no answer is an error and never passes`(_ code: String, _ expected: String) async throws
    {
        try await withBench { bench in
            try bench.write("count.py", code)
            try bench.checklist(
                "command: {run: [python3, count.py], files: [count.py], bounds: [{number: rows, atLeast: 0}], timeout: 2s}"
            )
            let errored = try bench.validate()
            #expect(errored.code == 1 && errored.output.contains("command   errored"), "\(errored.output)")
            #expect(errored.output.replacing("\n", with: " ").contains(expected), "\(errored.output)")
            #expect(bench.candidates == [])
        }
    }

    @Test func `a program that is granted it asks the candidate`() async throws {
        try await withBench { bench in
            try bench.write(
                "ask.py",
                """
                import json, sys, urllib.request
                candidate = json.load(sys.stdin)["candidate"]
                body = {"inputs": [{"name": "features", "datatype": "FP64", "shape": [1, 3], "data": [0, 0, 0]}]}
                url = candidate["url"] + "/v2/models/" + candidate["model"] + "/infer"
                request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
                answer = json.load(urllib.request.urlopen(request))
                print(json.dumps({"numbers": {"p": answer["outputs"][0]["data"][0]}}))
                """)
            try bench.checklist(
                "command: {run: [python3, ask.py], files: [ask.py], bounds: [{number: p, atLeast: 0.52, atMost: 0.53}], network: host, candidate: true}"
            )
            let passed = try bench.validate()
            #expect(passed.code == 0 && passed.output.contains("command   passed    'p' is 0.52"), "\(passed.output)")
            #expect(bench.candidates == [])
        }
    }

    @Test func `code that is not in the repository is an error`() async throws {
        try await withBench { bench in
            try bench.checklist("command: {run: [python3, no.py], files: [no.py], bounds: [{number: n, atLeast: 0}]}")
            let errored = try bench.validate()
            #expect(errored.code == 1)
            #expect(
                errored.output.contains("command   errored   no.py: there is no such file in the repository"),
                "\(errored.output)")
        }
    }

    @Test func `a load is put on a candidate only when it is asked for, and is judged by its percentiles`() async throws
    {
        try await withBench { bench in
            try bench.checklist("latency: {GOLDEN, rate: 20, for: 2s, p50: 30s, cores: 1}")
            let refused = try bench.validate()
            #expect(refused.code == 1)
            #expect(
                refused.output.contains(
                    "latency   inconclusive   no load is put on this machine unasked: say so by --latency-tests"),
                "\(refused.output)")
            #expect(bench.candidates == [])
            // On a busy machine the load may not be held, which says so; it never fails by a bound of half a minute.
            let measured = try bench.validate("--latency-tests")
            #expect(
                measured.output.contains("latency   passed") || measured.output.contains("the load could not be held"),
                "\(measured.output)")
            let html = try bench.validate("--latency-tests", "-o", "html")
            #expect(html.output.contains("<title>Latency distribution</title>"), "\(html.output.prefix(2000))")
            // Requests that the model cannot take are not answered, however fast that is.
            try bench.checklist("latency: {GOLDEN, rate: 20, for: 2s, p50: 30s, cores: 1}", shape: "[1, 2]")
            let failed = try bench.validate("--latency-tests")
            #expect(failed.code == 1)
            #expect(
                failed.output.contains("latency   failed    40 of 40 requests at 20/s were not answered")
                    || failed.output.contains("the load could not be held"), "\(failed.output)")
            #expect(bench.candidates == [])
        }
    }
}
