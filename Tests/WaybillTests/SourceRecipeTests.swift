import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// "A model from each source" of the document on packaging: each recipe is followed as it stands, against a real server of its kind. Only
/// the names of example hosts, and where something is on this machine, are the test's own.
@Suite(.serialized) struct `Recipes for sources` {
    private static let document = "docs/packaging.md"
    private static let section = "A model from each source"
    private static let weights = (0..<50_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 7)) }

    /// The artifact of each recipe, by what its source begins with.
    private static func recipes() throws -> [String: String] {
        let text = try String(contentsOf: BuiltProgram.source.appending(path: document), encoding: .utf8)
        let start = try #require(text.range(of: "\n## \(section)\n")?.upperBound)
        let end = text[start...].range(of: "\n## ")?.lowerBound ?? text.endIndex
        let lines = text[start..<end].split(separator: "\n").map(String.init).filter { $0.hasPrefix("- {path: ") }
        let sources = try lines.map { line in
            (try #require(line.firstMatch(of: /source: "?([a-z0-9+]+:|)/)).1, line)
        }
        return Dictionary(sources.map { (String($0), $1) }, uniquingKeysWith: { first, _ in first })
    }

    /// A fleet, and the model's file in the folder `work`.
    private func withFleet(_ body: (BuiltProgram, URL) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fleet = folder.appending(path: "fleet")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "work"), withIntermediateDirectories: true)
            try Data(Self.weights).write(to: folder.appending(path: "work/model.bin"))
            let start = BuiltProgram(folder: folder)
            try #require(try start.run(["init", "fleet"]).code == 0)
            try await body(
                BuiltProgram(folder: fleet, variables: ["WAYBILL_STATE": folder.path + "/state"]), folder)
        }
    }

    /// Follows the recipe; gives the manifest as it is then.
    @discardableResult
    private func follow(
        _ scheme: String, _ program: BuiltProgram, replacing places: [String: String] = [:],
        more variables: [String: String] = [:]
    ) throws -> String {
        var artifact = try #require(try Self.recipes()[scheme])
        for (example, place) in places {
            #expect(artifact.contains(example), "\(artifact)")
            artifact = artifact.replacing(example, with: place)
        }
        let manifest = program.folder.appending(path: "fleet/churn.yaml")
        try Data(Self.manifest(artifact).utf8).write(to: manifest)
        var program = program
        program.variables.merge(variables) { _, new in new }
        let script = try DocumentScript.of(Self.document, section: Self.section)
        let result = try program.bash(script)
        #expect(result.code == 0, "\(result.output)\n\(result.errors)")
        #expect(result.output.contains("\nchurn@1.4.0 is sha256:"), "\(result.output)")
        let text = try String(contentsOf: manifest, encoding: .utf8)
        #expect(text.contains("digest: \(Digest(of: Self.weights)), size: 50000}"), "\(text)")
        return text
    }

    private static func manifest(_ artifact: String) -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: Model
        metadata: {name: churn}
        spec: {owner: team}
        ---
        apiVersion: waybill.dev/v1alpha1
        kind: ModelVersion
        spec:
          model: churn
          version: 1.4.0
          format: onnx
          artifacts:
            \(artifact)

        """
    }

    /// A bare repository with the model, and its commit.
    private func repository(_ program: BuiltProgram, in folder: URL) throws -> String {
        let made = try program.bash(
            """
            cd '\(folder.path)'
            git init -q -b main code; mkdir code/out; cp work/model.bin code/out/
            git -C code add -A; git -C code commit -q -m model; git -C code tag v1.4.0
            git clone -q --bare code churn.git
            git -C churn.git rev-parse main
            """)
        try #require(made.code == 0, "\(made.errors)")
        return made.output.trimmingCharacters(in: .newlines)
    }

    @Test func `there is one for every scheme`() throws {
        let schemes = RemoteSource.Scheme.allCases.map { "\($0.rawValue):" } + ["file:", ""]
        #expect(try Self.recipes().keys.sorted() == schemes.sorted())
    }

    @Test func `a path in the fleet repository`() async throws {
        try await withFleet { (program, folder) async throws in
            let place = program.folder.appending(path: "artifacts/churn/1.4.0")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(Self.weights).write(to: place.appending(path: "model.bin"))
            try follow("", program)
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs"), "needs /usr/bin/git-lfs"))
    func `a path that Git LFS keeps`() async throws {
        try await withFleet { (program, folder) async throws in
            let server = try LFSServer(in: folder)
            let made = try program.bash(
                """
                git init -q -b main .; git lfs install --local > /dev/null
                git config -f .lfsconfig lfs.url '\(server.url)'
                git lfs track '*.bin' > /dev/null
                mkdir -p artifacts/churn/1.4.0; cp ../work/model.bin artifacts/churn/1.4.0/
                git add -A; git commit -q -m model
                git init -q --bare ../bare.git; git remote add origin ../bare.git
                git push -q origin main > /dev/null 2>&1
                git lfs uninstall --local > /dev/null; git config --unset-all filter.lfs.smudge || true
                GIT_LFS_SKIP_SMUDGE=1 git clone -q -b main ../bare.git ../clone
                head -c 7 ../clone/artifacts/churn/1.4.0/model.bin
                """)
            try #require(made.code == 0 && made.output == "version", "\(made.output)\(made.errors)")
            let clone = BuiltProgram(folder: folder.appending(path: "clone"), variables: program.variables)
            try follow("", clone)
            #expect(try server.requests().last == "GET /objects/\(Digest(of: Self.weights).hex) -")
        }
    }

    @Test func `a git repository over TLS`() async throws {
        try await withFleet { (program, folder) async throws in
            let commit = try repository(program, in: folder)
            let authority = try TestAuthority(in: folder, names: "DNS:localhost")
            let script = TestServers.scripts.appending(path: "git_http.py").path
            try await ScriptServer.with(
                "/usr/bin/python3", [script, folder.path, authority.certificate, authority.key], in: folder
            ) { (server) async throws in
                let text = try follow(
                    "git+https:", program,
                    replacing: ["git.example.com/team/churn.git": "localhost:\(server.port)/churn.git"],
                    more: ["WAYBILL_SOURCES_CA_FILE": authority.authority])
                #expect(text.contains("/churn.git@main:\(commit)#out/model.bin"))
            }
        }
    }

    @Test(.enabled(if: SSHDaemon.isAvailable, "needs sshd")) func `a git repository by SSH`() async throws {
        try await withFleet { (program, folder) async throws in
            let commit = try repository(program, in: folder)
            let daemon = try await SSHDaemon(in: folder, programs: folder.appending(path: "work"))
            let text = try follow(
                "git+ssh:", program,
                replacing: [
                    "git@git.example.com/team/churn.git":
                        "\(daemon.user)@127.0.0.1:\(daemon.port)\(folder.path)/churn.git"
                ],
                more: [
                    "WAYBILL_REPOSITORY_SSH_KEY": daemon.key, "WAYBILL_REPOSITORY_KNOWN_HOSTS": daemon.knownHosts,
                ])
            #expect(text.contains("/churn.git@v1.4.0:\(commit)#out/model.bin"))
        }
    }

    @Test func `a git repository of this machine`() async throws {
        try await withFleet { (program, folder) async throws in
            let commit = try repository(program, in: folder)
            let text = try follow(
                "git+file:", program, replacing: ["/srv/git/churn.git": folder.path + "/churn.git"])
            #expect(text.contains("/churn.git@main:\(commit)#out/model.bin"))
        }
    }

    @Test func `a file of this machine`() async throws {
        try await withFleet { (program, folder) async throws in
            try follow("file:", program, replacing: ["/srv/models/churn/model.bin": folder.path + "/work/model.bin"])
        }
    }

    @Test func `a web server`() async throws {
        try await withFleet { (program, folder) async throws in
            let authority = try TestAuthority(in: folder, names: "DNS:localhost")
            let script = TestServers.scripts.appending(path: "web.py").path
            try await ScriptServer.with(
                "/usr/bin/python3",
                [script, folder.path + "/work/model.bin", "--tls", authority.certificate, authority.key], in: folder
            ) { (server) async throws in
                _ = try follow(
                    "https:", program, replacing: ["models.example.com/churn": "localhost:\(server.port)/file"],
                    more: ["WAYBILL_SOURCES_CA_FILE": authority.authority])
            }
        }
    }

    @Test func `a store that speaks like S3`() async throws {
        try await withFleet { (program, folder) async throws in
            let server = try await ObjectServer(.seaweedfs, in: folder)
            _ = try await server.python(
                """
                s3.create_bucket(Bucket="models")
                s3.upload_file("\(folder.path)/work/model.bin", "models", "churn/1.4.0/model.bin")
                """)
            try follow(
                "s3:", program,
                more: [
                    "AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": ObjectServer.key,
                    "AWS_SECRET_ACCESS_KEY": ObjectServer.secret,
                ])
        }
    }

    @Test func `a registry`() async throws {
        try await withFleet { (program, folder) async throws in
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let work = ["file:": ["/srv/models/churn/model.bin": folder.path + "/work/model.bin"]]
                try follow("file:", program, replacing: work["file:"] ?? [:])
                let pushed = try program.run(["package", "push", "churn@1.4.0", "\(registry.host)/team/churn:1.4.0"])
                try #require(pushed.code == 0, "\(pushed.errors)")
                let text = try follow(
                    "oci:", program, replacing: ["registry.example.com": registry.host],
                    more: ["WAYBILL_STATE": folder.path + "/other-state"])
                #expect(text.contains("/team/churn:1.4.0@sha256:"))
            }
        }
    }

    @Test func `MLflow`() async throws {
        try await withFleet { (program, folder) async throws in
            try await MLflowServer.with(folder.appending(path: "work/model.bin"), in: folder) {
                (server) async throws in
                let text = try follow(
                    "mlflow:", program, replacing: ["/churn@": "/churn%20model@", "#model.bin": "#weights.bin"],
                    more: ["MLFLOW_TRACKING_URI": "http://127.0.0.1:\(server.port)"])
                #expect(text.contains("mlflow:models:/churn%20model/1#weights.bin"), "\(text)")
            }
        }
    }

    @Test func `a Hugging Face hub`() async throws {
        try await withFleet { (program, folder) async throws in
            let commit = String(repeating: "0123456789", count: 4)
            let tree = folder.appending(path: "hub/models/acme/churn/\(commit)")
            try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
            try Data(Self.weights).write(to: tree.appending(path: "model.bin"))
            try Data("main \(commit)\n".utf8).write(to: tree.deletingLastPathComponent().appending(path: "refs"))
            let script = TestServers.scripts.appending(path: "hub.py").path
            try await ScriptServer.with(
                "/usr/bin/python3", [script, folder.path + "/hub"], in: folder
            ) { (server) async throws in
                let text = try follow(
                    "hf:", program, more: ["HF_ENDPOINT": "http://127.0.0.1:\(server.port)"])
                #expect(text.contains("hf:acme/churn@\(commit)/model.bin"))
            }
        }
    }
}
