import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program asks gates by hand: real bundles, and candidates that really serve.
@Suite struct ValidateTests {
    /// The sample model `risk-score`, whose server needs nothing but Python, with a checklist `c`.
    private struct Bench {
        let folder: URL
        let program: BuiltProgram
        var fleet: URL { folder.appending(path: "fleet") }
        var state: String { folder.path + "/state" }

        init(in folder: URL, _ gates: String) throws {
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
            try checklist(gates)
        }

        func write(_ path: String, _ text: String) throws {
            try Data(text.utf8).write(to: fleet.appending(path: path))
        }

        /// Rows of three features; the target is what the model thinks, but for the last.
        func checklist(_ gates: String) throws {
            let rows = "a,b,c,y\n1,0.5,2,1\n-1,2,0,0\n2,0,1,1\n0,1,0,0\n-2,0,0,0\n-3,0,0,1\n"
            let golden = """
                {"request": {"inputs": [{"name": "features", "datatype": "FP64", "shape": [1, 3], "data": [0, 0, 0]}]}, \
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
                \(gates.replacing("GOLDEN", with: "requests: {\(named("golden.jsonl", golden))}"))
                  data:
                    - {name: rows, \(named("rows.csv", rows)), target: y, batch: 4}
                """)
        }

        func validate(_ more: String...) throws -> BuiltProgram.Result {
            try program.run(["validate", "risk-score@1.0.0", "--checklist", "c", "--repository", fleet.path] + more)
        }

        /// Command lines of the sample's servers that run from this bench's folder.
        func servers() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { pid in
                guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return nil }
                let line = String(decoding: data, as: UTF8.self)
                return line.contains("server.py") && line.contains(folder.lastPathComponent) ? line : nil
            }
        }

        /// What is left of candidates.
        var candidates: [String] {
            (try? FileManager.default.contentsOfDirectory(atPath: state + "/candidates")) ?? []
        }
    }

    private func withBench(_ gates: String, _ body: (Bench) throws -> Void) async throws {
        try await withTemporaryFolder { folder in try body(try Bench(in: folder, gates)) }
    }

    private static let good = """
            - integrity: {}
            - license: {allowed: [Apache-2.0]}
            - golden: {GOLDEN, tolerances: [{output: probability, absolute: 0.001}]}
            - name: ranks
              metric: {metric: rocAuc, data: rows, atLeast: 0.6, minSamples: 6}
        """

    @Test func `a version that passes is shown with its evidence, the same each time, and no candidate stays`()
        async throws
    {
        try await withBench(Self.good) { bench in
            let passed = try bench.validate()
            #expect(passed.code == 0, "\(passed.errors)")
            #expect(
                passed.output.hasPrefix(
                    """
                    risk-score@1.0.0 by checklist c: passed

                    GATE        VERDICT   WHAT WAS FOUND
                    integrity   passed    2 files have the bytes of the manifest
                    license     passed    Apache-2.0 is allowed
                    golden      passed    1 of 1 recorded requests are answered as recorded
                    ranks       passed    rocAuc is 0.777778 on 6 rows, at least 0.6 is asked

                    bundle    sha256:
                    """), "\(passed.output)")
            #expect(bench.candidates == [])
            #expect(try bench.validate("--no-cache").output == passed.output)
            // What was measured is not measured again, and says so; the evidence is the same.
            let again = try bench.validate()
            #expect(
                again.output == passed.output
                    + "cached    golden, ranks: measured by an earlier run; --no-cache measures again\n")
            let json = try bench.validate("-o", "json")
            let value = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect(value["cached"] as? [String] == ["golden", "ranks"])
            #expect(passed.output.contains(try #require(value["digest"] as? String)))
        }
    }

    @Test func `the first gate that does not pass ends it, and nothing is started`() async throws {
        try await withBench("    - license: {allowed: [MIT]}\n    - golden: {GOLDEN}") { bench in
            let failed = try bench.validate()
            #expect(failed.code == 1 && failed.errors == "")
            #expect(
                failed.output.contains(
                    """
                    license   failed      Apache-2.0 is none of MIT
                    golden    not asked   a gate before it did not pass
                    """), "\(failed.output)")
            #expect(!FileManager.default.fileExists(atPath: bench.state + "/candidates"))
        }
    }

    @Test func `with runAll every gate is asked, and JSON says what each measured`() async throws {
        let gates = """
                - license: {allowed: [MIT]}
                - golden: {GOLDEN}
                - {name: loss, metric: {metric: logLoss, data: rows, atMost: 0.1, minSamples: 6}}
                - {name: few, metric: {metric: f1, data: rows, atLeast: 0.1}}
            """
        try await withBench(gates + "\n  runAll: true") { bench in
            let failed = try bench.validate("-o", "json")
            #expect(failed.code == 1)
            let value = try #require(
                try JSONSerialization.jsonObject(with: Data(failed.output.utf8)) as? [String: Any])
            #expect(value["kind"] as? String == "Evidence" && value["verdict"] as? String == "failed")
            let gates = try #require(value["gates"] as? [[String: Any]])
            #expect(gates.compactMap { $0["verdict"] as? String } == ["failed", "failed", "failed", "inconclusive"])
            #expect(
                gates[1]["message"] as? String
                    == "1 of 1 recorded requests are answered otherwise: line 1: 'probability'[0] is 0.52497918747894, recorded 0.525"
            )
            #expect((gates[2]["measured"] as? [String: Any])?["samples"] as? Int == 6)
            #expect(gates[2]["judgement"] as? String == "metric/1")
            #expect(value["runtime"] is [String: Any])
        }
    }

    @Test func `a version is compared with what serves, by a second candidate that is removed as well`() async throws {
        let gates = """
                - {name: no-worse, metric: {metric: accuracy, data: labels, notWorse: {than: staging, by: 0.3}, minSamples: 6}}
                - {name: first, metric: {metric: brier, data: rows, notWorse: {than: production, by: 0}, minSamples: 6}}
                - {name: nowhere, metric: {metric: brier, data: rows, notWorse: {than: nowhere, by: 0}, minSamples: 6}}
                - {slice: {metric: brier, data: rows, by: b, atMost: 0.9, minSamples: 6}}
            """.replacing("metric: accuracy, data: labels", with: "metric: brier, data: rows")
        try await withBench(gates + "\n  runAll: true") { bench in
            try bench.write(
                "staging.yaml",
                """
                apiVersion: waybill.dev/v1alpha1
                kind: ModelDeployment
                metadata: {name: risk-score}
                spec: {environment: staging, model: risk-score, version: 0.9.0, runtime: python-oip}
                ---
                apiVersion: waybill.dev/v1alpha1
                kind: ModelDeployment
                metadata: {name: risk-score}
                spec: {environment: production, model: risk-score, version: 1.0.0, runtime: python-oip}
                """)
            let manifest = try String(
                contentsOf: bench.fleet.appending(path: "models/risk-score/1.0.0.yaml"), encoding: .utf8)
            try bench.write(
                "models/risk-score/0.9.0.yaml", manifest.replacing("version: 1.0.0", with: "version: 0.9.0"))
            let found = try bench.validate("-o", "json")
            let value = try #require(
                try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any], "\(found.errors)")
            let gates = try #require(value["gates"] as? [[String: Any]])
            let baseline = try #require((gates[0]["measured"] as? [String: Any])?["baseline"] as? [String: Any])
            #expect(baseline["version"] as? String == "risk-score@0.9.0" && baseline["difference"] as? Int == 0)
            let messages = gates.compactMap { $0["message"] as? String }
            // Six rows are too few, even for the same files.
            #expect(
                messages[0].contains("at 95 %: whether it is worse by more than 0.3 is not known"), "\(messages[0])")
            #expect(
                messages[1].hasSuffix(
                    "the folder deploys risk-score@1.0.0 itself in production; compare where it does not yet"))
            #expect(
                messages[2].hasSuffix("there is nothing to compare with: no manifest defines the Environment nowhere"))
            #expect(messages[3].hasSuffix("which is too little to say"))
            #expect(gates.compactMap { $0["verdict"] as? String } == Array(repeating: "inconclusive", count: 4))
            #expect(bench.candidates == [])
            #expect(try bench.servers() == [])
        }
    }

    @Test func `signed evidence stands beside the bundle as statements that other tools read`() async throws {
        try await withBench("    - integrity: {}") { bench in
            #expect(try bench.program.bash("ssh-keygen -q -t ed25519 -N '' -f key").code == 0)
            let passed = try bench.validate("--sign", "key")
            #expect(passed.code == 0, "\(passed.errors)")
            let shown = try bench.program.run(["package", "inspect", "risk-score@1.0.0", "-o", "json"])
            let value = try #require(
                try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
            let statements = try #require(value["statements"] as? [[String: Any]])
            let signed = statements.filter { ($0["signers"] as? [Any])?.isEmpty == false }
            #expect(
                Set(signed.compactMap { $0["predicateType"] as? String }) == [
                    "https://in-toto.io/attestation/test-result/v0.1", "https://slsa.dev/verification_summary/v1",
                ], "\(shown.output)")
            let evidence = try #require(statements.first { $0["kind"] as? String == "evidence of a checklist" })
            #expect(passed.output.contains(try #require(evidence["digest"] as? String)))
            let refused = try bench.validate("--sign", "nothing")
            #expect(refused.code == 1 && refused.errors.contains("nothing"), "\(refused.errors)")
        }
    }

    @Test func `a key that whoever asks names signs for nobody`() async throws {
        try await withBench("    - signed: {people: 2}") { bench in
            let signed = try bench.program.bash(
                """
                for name in a b; do ssh-keygen -q -t ed25519 -N '' -f $name; done
                waybill package build risk-score@1.0.0 --repository fleet
                for name in a b; do waybill package sign risk-score@1.0.0 --key $name; done
                """)
            #expect(signed.code == 0, "\(signed.errors)")
            let failed = try bench.validate("--public-key", "a.pub", "--public-key", "b.pub")
            #expect(failed.code == 1)
            #expect(failed.output.contains("0 of 2 signatures that count; "), "\(failed.output)")
        }
    }

    @Test func `a candidate that ends is the gate's error, with its last words`() async throws {
        try await withBench("    - golden: {GOLDEN}") { bench in
            let server = "import sys\nprint('no weights today', file=sys.stderr)\nsys.exit(3)\n"
            let path = "artifacts/risk-score/1.0.0/server.py"
            let before = try String(contentsOf: bench.fleet.appending(path: path), encoding: .utf8)
            try bench.write(path, server)
            let manifest = "models/risk-score/1.0.0.yaml"
            let text = try String(contentsOf: bench.fleet.appending(path: manifest), encoding: .utf8)
            try bench.write(
                manifest,
                text.replacing(Digest(of: before.utf8).description, with: Digest(of: server.utf8).description)
                    .replacing("size: \(before.utf8.count)", with: "size: \(server.utf8.count)"))
            let errored = try bench.validate()
            #expect(errored.code == 1)
            #expect(
                errored.output.contains(
                    "the candidate of risk-score@1.0.0 did not serve: it exited with code 3; its last words: no weights today"
                ), "\(errored.output)\(errored.errors)")
            #expect(bench.candidates == [])
        }
    }

    @Test func `a candidate whose validation was killed is ended by the next one`() async throws {
        try await withBench(Self.good) { bench in
            // A server that takes its time, so that the validation is killed while its candidate runs.
            let runtime = "runtimes/python-oip.yaml"
            let text = try String(contentsOf: bench.fleet.appending(path: runtime), encoding: .utf8)
            try bench.write(
                runtime, text.replacing("/v2/models/{{deployment.name}}/ready", with: "/v2/models/other/ready"))
            let log = bench.folder.appending(path: "log")
            let process = try bench.program.start(
                ["validate", "risk-score@1.0.0", "--checklist", "c", "--repository", bench.fleet.path], log: log)
            var server: [String] = []
            for _ in 0..<200 where server.isEmpty {
                usleep(100_000)
                server = try bench.servers()
            }
            #expect(!server.isEmpty, "\((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
            #expect(kill(process.processIdentifier, SIGKILL) == 0)
            process.waitUntilExit()
            #expect(try !bench.servers().isEmpty && !bench.candidates.isEmpty)
            try bench.write(runtime, text)
            let passed = try bench.validate()
            #expect(passed.code == 0, "\(passed.output)\(passed.errors)")
            #expect(try bench.servers() == [])
            #expect(bench.candidates == [])
        }
    }

    @Test func `stopping it with a signal removes its candidate at once`() async throws {
        try await withBench("    - golden: {GOLDEN}") { bench in
            let runtime = "runtimes/python-oip.yaml"
            let text = try String(contentsOf: bench.fleet.appending(path: runtime), encoding: .utf8)
            try bench.write(
                runtime, text.replacing("/v2/models/{{deployment.name}}/ready", with: "/v2/models/other/ready"))
            let log = bench.folder.appending(path: "log")
            let process = try bench.program.start(
                ["validate", "risk-score@1.0.0", "--checklist", "c", "--repository", bench.fleet.path], log: log)
            for _ in 0..<200 where try bench.servers().isEmpty { usleep(100_000) }
            #expect(try !bench.servers().isEmpty)
            #expect(kill(process.processIdentifier, SIGINT) == 0)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1)
            #expect(try bench.servers() == [])
            #expect(bench.candidates == [])
        }
    }

    @Test func `what is not there is named with what is`() async throws {
        try await withBench("    - integrity: {}") { bench in
            func errors(_ words: String...) throws -> String {
                try bench.program.run(["validate"] + words + ["--repository", bench.fleet.path]).errors
            }
            let top = bench.fleet.path
            #expect(
                try errors("risk-score@1.0.0", "--checklist", "d")
                    == "error: \(top): no manifest below it defines the Checklist d; there is c; 'waybill lint' shows what it has\n"
            )
            #expect(
                try errors("risk-score@9.0.0", "--checklist", "c")
                    == "error: \(top): no manifest below it defines risk-score@9.0.0; 'waybill lint' shows what it has\n"
            )
            try bench.checklist("    - golden: {GOLDEN}")
            let named = try bench.validate("--runtime", "triton")
            #expect(named.output.contains("no manifest defines the ServingRuntime triton"), "\(named.output)")
        }
    }
}
