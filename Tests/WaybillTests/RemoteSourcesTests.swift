import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// The built program brings a model from a web server and a hub, as `docs/packaging.md` says.
@Suite struct RemoteSourcesTests {
    private static let weights = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    private static let commit = String(repeating: "0123456789", count: 4)

    private func withServers(
        _ body: (_ program: BuiltProgram, _ fleet: URL, _ web: ScriptServer, _ hub: ScriptServer) throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "model.bin")
            try Data(Self.weights).write(to: file)
            let authority = try TestAuthority(in: folder, names: "DNS:localhost")
            let tree = folder.appending(path: "hub/models/acme/churn/\(Self.commit)")
            try FileManager.default.createDirectory(at: tree, withIntermediateDirectories: true)
            try Data("{}\n".utf8).write(to: tree.appending(path: "config.json"))
            try Data("main \(Self.commit)\n".utf8).write(
                to: tree.deletingLastPathComponent().appending(path: "refs"))
            func script(_ name: String) -> String { TestServers.scripts.appending(path: name).path }
            try await ScriptServer.with(
                "/usr/bin/python3", [script("web.py"), file.path, "--tls", authority.certificate, authority.key],
                in: folder
            ) { (web) async throws in
                try await ScriptServer.with(
                    "/usr/bin/python3", [script("hub.py"), folder.path + "/hub"], in: folder
                ) { (hub) async throws in
                    var program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
                    program.variables["TEST_MODELS_TOKEN"] = "s3cret"
                    program.variables["HF_ENDPOINT"] = "http://127.0.0.1:\(hub.port)"
                    #expect(try program.run(["init", "fleet"]).code == 0)
                    try Data(
                        """
                        sources:
                          caFile: ca.pem
                          credentials: ["localhost:\(web.port) bearer variable:TEST_MODELS_TOKEN"]
                        """.utf8
                    ).write(to: folder.appending(path: "waybill.yaml"))
                    try body(program, folder.appending(path: "fleet"), web, hub)
                }
            }
        }
    }

    @Test func `a version is pinned and packaged from other machines`() async throws {
        try await withServers { program, fleet, web, hub in
            let manifest = fleet.appending(path: "fleet/churn.yaml")
            try FileManager.default.createDirectory(
                at: manifest.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(Self.manifest(web.port).utf8).write(to: manifest)
            let pinned = try program.run(["pin", manifest.path])
            #expect(pinned.code == 0, "\(pinned.errors)")
            let text = try String(contentsOf: manifest, encoding: .utf8)
            #expect(text.contains("digest: \(Digest(of: Self.weights)) # found out"))
            #expect(text.contains("size: 20000\n"))
            #expect(text.contains("source: hf:acme/churn@\(Self.commit)/config.json\n"))
            #expect(text.contains("digest: \(Digest(of: "{}\n".utf8))\n"))

            let build = ["package", "build", "churn@1.4.0", "--repository", fleet.path, "--path", "fleet"]
            let made = try program.run(build)
            #expect(made.code == 0, "\(made.errors)")
            #expect(made.output.hasPrefix("churn@1.4.0 is sha256:"))
            #expect(!(pinned.output + pinned.errors + made.output + made.errors).contains("s3cret"))
            let asked = (web.lines.count, hub.lines.count)
            #expect(try program.run(build).output == made.output)
            #expect((web.lines.count, hub.lines.count) == asked)
        }
    }

    @Test func `a credential that is missing is named with what to do`() async throws {
        try await withServers { program, fleet, web, _ in
            var program = program
            program.variables["TEST_MODELS_TOKEN"] = ""
            let manifest = fleet.appending(path: "fleet/churn.yaml")
            try FileManager.default.createDirectory(
                at: manifest.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(Self.manifest(web.port).utf8).write(to: manifest)
            let refused = try program.run(["pin", manifest.path])
            #expect(refused.code == 1)
            #expect(
                refused.errors.contains(
                    "the environment variable 'TEST_MODELS_TOKEN' with the credential of 'localhost' cannot be used: it is not set; set it "
                        + "for this process"))
        }
    }

    private static func manifest(_ port: Int) -> String {
        """
        apiVersion: waybill.dev/v1alpha1
        kind: Model
        metadata:
          name: churn
        spec:
          owner: team
        ---
        apiVersion: waybill.dev/v1alpha1
        kind: ModelVersion
        metadata:
          name: churn-1-4-0
        spec:
          model: churn
          version: 1.4.0
          format: onnx
          artifacts:
            - path: model.bin
              source: https://localhost:\(port)/login/model.bin
              digest: pin # found out
              size: pin
            - path: config.json
              source: hf:acme/churn@main/config.json
              digest: pin
              size: pin

        """
    }
}
