import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Images for KServe` {
    @Test(arguments: [false, true])
    func `hold the model's files, and are made twice the same`(_ gzip: Bool) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            let before = try entries(of: fixture.content.layout.blobs)
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let pushed = try await fixture.push.pushKServe(
                    "churn@1.4.0", to: try registry.reference("kserve/churn"), gzip: gzip)
                #expect(pushed.reference.description == "\(registry.host)/kserve/churn:1.4.0-kserve@\(pushed.digest)")
                #expect(pushed.bundle == made.manifest && pushed.wasSent)
                #expect(try entries(of: fixture.content.layout.blobs) == before)
                let again = try await fixture.push.pushKServe(
                    "churn@1.4.0", to: try registry.reference("kserve/churn:again"), gzip: gzip)
                #expect(again.digest == pushed.digest && !again.wasSent)

                let layout = folder.appending(path: "image").path
                let copied = try await run([
                    "skopeo", "copy", "--quiet", "--src-tls-verify=false",
                    "docker://\(registry.host)/kserve/churn:again",
                    "oci:\(layout):churn",
                ])
                #expect(copied.status == 0, "\(copied.output)")
                let out = folder.appending(path: "unpacked").path
                let unpacked = try await run(["umoci", "unpack", "--rootless", "--image", "\(layout):churn", out])
                #expect(unpacked.status == 0, "\(unpacked.output)")
                let listed = FileManager.default.enumerator(atPath: "\(out)/rootfs")?.compactMap { $0 as? String }
                    .sorted()
                #expect(listed == ["models", "models/model.joblib", "models/tokenizer.json"])
                #expect(
                    try String(contentsOfFile: "\(out)/rootfs/models/model.joblib", encoding: .utf8)
                        == "weights of churn")
            }
        }
    }

    @Test(arguments: [false, true])
    func `are written to a folder when that is asked for, equal to those of a registry`(_ gzip: Bool) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            let layout = folder.appending(path: "new/image").path
            func write(_ tag: String) async throws -> BundlePush.KServeFolderReport {
                let place = try #require(try ImageFolder(parsing: "oci:\(layout)\(tag)", here: "/"))
                return try await fixture.push.writeKServe("churn@1.4.0", to: place, gzip: gzip)
            }
            let first = try await write("")
            #expect(first.tag == "1.4.0-kserve" && first.wasWritten && first.bundle == made.manifest)
            let second = try await write(":other")
            #expect(second.digest == first.digest && !second.wasWritten)
            // A blob that was damaged is written again.
            try Data("rotten".utf8).write(to: URL(filePath: "\(layout)/blobs/sha256/\(first.layer.hex)"))
            #expect(try await write("").wasWritten)
            #expect(try entries(of: layout) == ["blobs", "index.json", "oci-layout"])
            #expect(try entries(of: "\(layout)/blobs/sha256").count == 3)

            let listed = try await run(["umoci", "ls", "--layout", layout])
            #expect(Set(listed.output.split(separator: "\n")) == ["1.4.0-kserve", "other"])
            let out = folder.appending(path: "unpacked").path
            let unpacked = try await run(["umoci", "unpack", "--rootless", "--image", "\(layout):other", out])
            #expect(unpacked.status == 0, "\(unpacked.output)")
            #expect(
                try String(contentsOfFile: "\(out)/rootfs/models/model.joblib", encoding: .utf8)
                    == "weights of churn")
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let pushed = try await fixture.push.pushKServe(
                    "churn@1.4.0", to: try registry.reference("churn"), gzip: gzip)
                #expect(pushed.digest == first.digest)
            }
        }
    }

    @Test func `are written to no folder that is something else`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            _ = try await fixture.bundle.build(try fixture.bundle.version())
            let used = folder.appending(path: "used").path
            try FileManager.default.createDirectory(atPath: used, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(filePath: "\(used)/file"))
            let store = fixture.content.layout
            let cases = [
                (
                    used,
                    "\(used) is there and is no OCI image layout; name an empty folder, or one that is yet to be made"
                ),
                (
                    "\(used)/file/x",
                    "\(used)/file/x is there and is no OCI image layout; name an empty folder, or one that is yet to be made"
                ),
                (
                    store.image,
                    "\(store.image) is in Waybill's own content store; name a folder outside of \(store.root)"
                ),
            ]
            for (path, message) in cases {
                let place = try #require(try ImageFolder(parsing: "oci:\(path)", here: "/"))
                let failure = await fixture.failure {
                    try await fixture.push.writeKServe("churn@1.4.0", to: place, gzip: false)
                }
                #expect(failure?.message == message && failure?.disposition == .stall)
            }
            #expect(try entries(of: used) == ["file"])
        }
    }

    @Test func `and folders have names as skopeo and umoci write them`() throws {
        func parsed(_ text: String) throws -> String? { try ImageFolder(parsing: text, here: "/here")?.description }
        #expect(try parsed("oci:image:1.0") == "oci:/here/image:1.0")
        #expect(try parsed("oci:/srv/image") == "oci:/srv/image")
        #expect(try parsed("oci://registry.example/team/churn") == nil)
        #expect(try parsed("registry.example/team/churn") == nil)
        #expect(throws: InvalidInput("'oci:' names no folder; expected 'oci:FOLDER' or 'oci:FOLDER:TAG'")) {
            try parsed("oci:")
        }
        #expect(throws: InvalidInput.self) { try parsed("oci:image:a/b") }
        #expect(throws: InvalidInput.self) { try parsed("oci:image:") }
    }

    @Test func `long paths and large files have heads that tar reads`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let paths = [
                "models/a", "models/" + String(repeating: "n", count: 93), String(repeating: "d/", count: 90) + "file",
                "models/" + String(repeating: "x", count: 240), "models/größe",
            ]
            var bytes: [UInt8] = []
            for path in paths { bytes += TarHeader.file(path, size: 0) }
            bytes += TarHeader.folder("models/sub")
            bytes += TarHeader.end
            let file = folder.appending(path: "a.tar")
            try Data(bytes).write(to: file)
            let listed = try await run(["tar", "--quoting-style=literal", "-tf", file.path])
            #expect(listed.status == 0)
            #expect(listed.output.split(separator: "\n").map(String.init) == paths + ["models/sub/"])
            let huge = TarHeader.file("models/huge", size: 9 << 30)
            var scan = TarScan(path: "models/huge", size: 9 << 30, skip: 0, place: "here")
            #expect(try scan.take(huge[...]) == [])
            #expect(throws: Failure(.stall, reason: "LayerUnsound", message: "here ends inside of a member")) {
                try scan.finish()
            }
        }
    }
}
