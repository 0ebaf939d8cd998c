import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// `waybill pin` of what is in real registries and stores of objects, then lint and a build of what it wrote.
@Suite struct PinServerTests {
    private static let weights = String(repeating: "weights ", count: 1000)

    private func withFleet(
        _ body: (_ program: BuiltProgram, _ folder: URL, _ manifest: URL) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
            #expect(try program.run(["init", "fleet"]).code == 0)
            let manifest = folder.appending(path: "fleet/fleet/churn.yaml")
            try await body(program, folder, manifest)
        }
    }

    private func write(_ sources: [String], to file: URL) throws {
        let artifacts = sources.enumerated().map { index, source in
            "    - {path: \(index).bin, source: '\(source)', digest: pin, size: pin} # number \(index)\n"
        }
        let text = """
            apiVersion: waybill.dev/v1alpha1
            kind: Model
            metadata: {name: churn}
            spec: {owner: team}
            ---
            apiVersion: waybill.dev/v1alpha1
            kind: ModelVersion
            metadata: {name: churn-1-4-0}
            spec:
              model: churn
              version: 1.4.0
              format: onnx
              artifacts:

            """
        try Data((text + artifacts.joined()).utf8).write(to: file)
    }

    /// The flow sequences of the manifest's artifacts, as they are now.
    private func lines(_ file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("    - {") }
    }

    private func line(_ index: Int, _ source: String, _ bytes: some Sequence<UInt8>) -> String {
        let all = Array(bytes)
        return
            "    - {path: \(index).bin, source: '\(source)', digest: \(Digest(of: all)), size: \(all.count)} # number \(index)"
    }

    @Test func `objects are measured in the store, a version of them too`() async throws {
        try await withFleet { (program, folder, manifest) async throws in
            let server = try await ObjectServer(.seaweedfs, in: folder)
            let old = try await server.python(
                """
                s3.create_bucket(Bucket="models")
                s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
                print(s3.put_object(Bucket="models", Key="churn/m.bin", Body=b"old")["VersionId"])
                s3.put_object(Bucket="models", Key="churn/m.bin", Body=b"weights " * 1000)
                """)
            var program = program
            program.variables["AWS_ENDPOINT_URL"] = server.url
            program.variables["AWS_ACCESS_KEY_ID"] = ObjectServer.key
            program.variables["AWS_SECRET_ACCESS_KEY"] = ObjectServer.secret
            let sources = ["s3://models/churn/m.bin", "s3://models/churn/m.bin?versionId=\(old)"]
            try write(sources, to: manifest)
            let pinned = try program.run(["pin", manifest.path])
            #expect(pinned.code == 0, "\(pinned.errors)")
            #expect(
                try lines(manifest) == [
                    line(0, sources[0], Self.weights.utf8)[...], line(1, sources[1], "old".utf8)[...],
                ])
            #expect(try program.run(["pin", manifest.path]).output == "everything is pinned\n")
            let made = try program.run(["package", "build", "churn@1.4.0", "--repository", "fleet", "--path", "fleet"])
            #expect(made.output.hasPrefix("churn@1.4.0 is sha256:"), "\(made.errors)")

            try write(["s3://models/none"], to: manifest)
            let refused = try program.run(["pin", manifest.path])
            #expect(refused.code == 1)
            #expect(
                refused.errors.contains(
                    "churn.yaml: '0.bin' of ModelVersion churn@1.4.0: s3://models/none at \(server.url): the bucket has no such key; correct "
                        + "the source, or put it there"), "\(refused.errors)")
        }
    }

    @Test func `files of artifacts and images are measured, and tags get the digest that they are now`() async throws {
        try await withFleet { (program, folder, manifest) async throws in
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let bytes = try Data(contentsOf: folder.appending(path: "fleet/\(FleetSkeleton.programPath)"))
                let build = ["package", "build", "greeting@1.0.0", "--repository", "fleet"]
                #expect(try program.run(build).code == 0)
                let place = "\(registry.host)/team/greeting"
                func push(_ more: String...) throws -> String {
                    let pushed = try program.run(["package", "push", "greeting@1.0.0", place] + more)
                    #expect(pushed.code == 0, "\(pushed.errors)")
                    return String(try #require(pushed.output.firstMatch(of: #/@(sha256:[0-9a-f]{64})\n/#)).1)
                }
                let (bundle, image) = (try push(), try push("--as", "kserve", "--gzip"))
                let file = "server.py"
                try write(
                    ["oci://\(place):1.0.0#\(file)", "oci://\(place):1.0.0-kserve#models/\(file)"], to: manifest)
                let lint = try program.run(["lint", "fleet"])
                #expect(lint.code == 1 && lint.output.contains("waybill pin"), "\(lint.output)")
                let pinned = try program.run(["pin", manifest.path])
                #expect(pinned.code == 0, "\(pinned.errors)")
                let expected = [
                    line(0, "oci://\(place):1.0.0@\(bundle)#\(file)", bytes),
                    line(1, "oci://\(place):1.0.0-kserve@\(image)#models/\(file)", bytes),
                ]
                #expect(try lines(manifest).map(String.init) == expected)
                #expect(try program.run(["lint", "fleet"]).code == 0)
                #expect(try program.run(["pin", manifest.path]).output == "everything is pinned\n")
                let made = try program.run(
                    ["package", "build", "churn@1.4.0", "--repository", "fleet", "--path", "fleet"])
                #expect(made.output.hasPrefix("churn@1.4.0 is sha256:"), "\(made.errors)")

                let elsewhere = try program.run(["package", "pull", "\(place):1.0.0", "--store", "elsewhere"])
                #expect(elsewhere.output.hasPrefix("greeting@1.0.0 is \(bundle), "), "\(elsewhere.errors)")
                try write(["oci://\(place):9#\(file)"], to: manifest)
                let refused = try program.run(["pin", manifest.path])
                #expect(refused.code == 1)
                #expect(
                    refused.errors.contains(
                        "\(place):9: the registry has no such manifest; look at the name, and whether it was pushed"),
                    "\(refused.errors)")
            }
        }
    }
}
