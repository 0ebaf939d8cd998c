import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program runs the sample's real training again, in an environment that it builds from a lock.
@Suite struct ReproducibleGateTests {
    /// The packages that `samples/train.py` imports, as the sample's lock has them.
    private static func lock() throws -> String {
        let whole = try String(
            contentsOf: BuiltProgram.source.appending(path: "samples/fleet/runtimes/locks/mlserver.txt"),
            encoding: .utf8)
        let wanted = ["cloudpickle", "joblib", "numpy", "scikit-learn", "scipy", "threadpoolctl", "narwhals"]
        var kept: [Substring] = []
        var isKept = false
        for line in whole.split(separator: "\n") {
            if !line.hasPrefix(" "), !line.hasPrefix("#") {
                isKept = wanted.contains { line.hasPrefix("\($0)==") }
            }
            if isKept, !line.hasPrefix("#") { kept.append(line) }
        }
        return kept.joined(separator: "\n") + "\n"
    }

    /// Trains as the sample does, and writes its score as a metric.
    private static let metrics = """
        import json, pathlib, sys
        import train
        assert open(".waybill/data/rows").read() == "a,b\\n"
        _, score, _ = train.train("1.0.0")
        pathlib.Path("output/metrics.json").write_text(json.dumps({"auc": score}))
        """

    private static let weights = """
        reproducible: {run: [python, train.py, out, --version, 1.0.0], output: out/artifacts/tumour/1.0.0, gives: {weights: true}}
        """

    private struct Bench {
        let folder: URL
        let program: BuiltProgram
        var fleet: URL { folder.appending(path: "fleet") }
        static var environments: URL { PythonSuite.cache.appending(path: "reproducible") }

        init(in folder: URL) throws {
            self.folder = folder
            program = BuiltProgram(
                folder: folder,
                variables: BuiltProgram.ownPorts().merging([
                    "WAYBILL_STATE": folder.path + "/state",
                    "WAYBILL_ENVIRONMENTS_FOLDER": Self.environments.path,
                ]) { _, new in new })
            let samples = BuiltProgram.source.appending(path: "samples")
            try write("waybill.yaml", "{}\n")
            try write("lock.txt", try ReproducibleGateTests.lock())
            try write(
                "models/tumour/model.yaml",
                try String(
                    contentsOf: samples.appending(path: "fleet/models/tumour/model.yaml"), encoding: .utf8))
            try write(
                "../code/train.py",
                try String(contentsOf: samples.appending(path: "train.py"), encoding: .utf8))
            try write("../code/metrics.py", ReproducibleGateTests.metrics)
        }

        func write(_ path: String, _ text: String) throws {
            let place = fleet.appending(path: path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: place)
        }

        func sh(_ script: String) throws -> String {
            let result = try program.bash(script)
            #expect(result.code == 0, "\(script): \(result.output)\(result.errors)")
            return result.output.trimmingCharacters(in: .newlines)
        }

        /// Commits the code, and writes a version whose weights are `weights` of the fleet.
        func version(_ version: String, weights: String, also: String = "") throws {
            let commit = try sh(
                "cd code && git init -q -b main . && git add -A && git commit -q --allow-empty -m code && git rev-parse HEAD"
            )
            let bytes = try Data(contentsOf: fleet.appending(path: weights))
            try write(
                "models/tumour/v\(version).yaml",
                """
                apiVersion: waybill.dev/v1alpha1
                kind: ModelVersion
                spec:
                  model: tumour
                  version: \(version)
                  format: sklearn-joblib
                  artifacts:
                    - {path: model.joblib, source: \(weights), digest: \(Digest(of: bytes)), size: \(bytes.count)}
                  code: {repository: "file://\(folder.path)/code", commit: \(commit)}
                  environment: {python: "3.11", lock: lock.txt}
                \(also)
                """)
        }

        func validate(_ version: String, _ gate: String) throws -> BuiltProgram.Result {
            try write(
                "c.yaml",
                "apiVersion: waybill.dev/v1alpha1\nkind: Checklist\nmetadata: {name: c}\nspec:\n  gates:\n    - \(gate)\n"
            )
            return try program.run([
                "validate", "tumour@\(version)", "--checklist", "c", "--repository", fleet.path,
            ])
        }
    }

    @Test
    func
        `the sample's own training gives its weights and its metric again, and altered code does not`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let bench = try Bench(in: folder.resolvingSymlinksInPath())
            // The environment is built by the first run, whose version has other weights than its code gives.
            try bench.write("placeholder", "no weights\n")
            try bench.version("0.1.0", weights: "placeholder")
            let other = try bench.validate("0.1.0", Self.weights)
            #expect(other.code == 1)
            #expect(
                other.output.contains("reproducible   failed    'model.joblib' came out as sha256:"),
                "\(other.output)\(other.errors)")

            let said = try bench.sh(
                "$(ls -d \(Bench.environments.path)/environments/*/bin/python | head -1) code/train.py fleet --version 1.0.0 && rm fleet/models/tumour/1.0.0.yaml"
            )
            let score = try #require(said.firstMatch(of: #/auc ([0-9.]+) on/#)?.1)
            let weights = "artifacts/tumour/1.0.0/model.joblib"
            try bench.version("1.0.0", weights: weights, also: "  metrics: {auc: \(score)}")
            let same = try bench.validate("1.0.0", Self.weights)
            #expect(same.code == 0, "\(same.output)\(same.errors)")
            #expect(
                same.output.contains("passed    1 file came out with the bytes of the version"),
                "\(same.output)")
            #expect(try bench.validate("1.0.0", Self.weights).output.contains("cached    reproducible: "))

            let rows = "{name: rows, source: rows.csv, digest: \(Digest(of: "a,b\n".utf8)), size: 4}"
            let metric =
                "reproducible: {run: [python, metrics.py], data: [\(rows)], gives: {metric: auc, within: 0.0001}}"
            let unnamed = try bench.validate("1.0.0", metric)
            #expect(
                unnamed.output.contains("inconclusive   the version names no data 'rows'"),
                "\(unnamed.output)")
            try bench.write("rows.csv", "a,b\n")
            let data = "  data: [{name: rows, digest: \(Digest(of: "a,b\n".utf8))}]"
            try bench.version("1.1.0", weights: weights, also: "  metrics: {auc: \(score)}\n\(data)")
            let stated = try bench.validate("1.1.0", metric)
            #expect(
                stated.code == 0 && stated.output.contains("'auc' came out as \(score.prefix(5))"),
                "\(stated.output)\(stated.errors)")
            try bench.version("1.2.0", weights: weights, also: "  metrics: {auc: 0.5}\n\(data)")
            let lie = try bench.validate("1.2.0", metric)
            #expect(
                lie.code == 1 && lie.output.contains("and the version states 0.5: more than 0.0001 apart"),
                "\(lie.output)")

            _ = try bench.sh("sed -i 's/^SEED = 7$/SEED = 8/' code/train.py")
            try bench.version("2.0.0", weights: weights)
            let altered = try bench.validate("2.0.0", Self.weights)
            #expect(altered.code == 1)
            #expect(
                altered.output.contains("reproducible   failed    'model.joblib' came out as sha256:"),
                "\(altered.output)")
            _ = try bench.sh("echo 'while True: pass' > code/train.py")
            try bench.version("2.1.0", weights: weights)
            let endless = try bench.validate(
                "2.1.0", Self.weights.replacing("gives", with: "timeout: 2s, gives"))
            #expect(
                endless.output.contains(
                    "reproducible   errored   the program was ended: its time is over (2 s)"),
                "\(endless.output)")
        }
    }
}
