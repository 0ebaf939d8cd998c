import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Unpacking a bundle` {
    private func withBundle(_ body: (SignedBundle, URL) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await body(try await SignedBundle(in: folder), folder.appending(path: "out"))
        }
    }

    private func files(_ folder: URL) throws -> [String: mode_t] {
        var found: [String: mode_t] = [:]
        for case let path as String in try #require(FileManager.default.enumerator(atPath: folder.path)) {
            let status = try #require(try fileStatus(folder.path + "/" + path))
            if status.isRegularFile { found[path] = status.permissions } else { #expect(status.isFolder) }
        }
        return found
    }

    /// What stands beside `folder` and was not there before.
    private func leftovers(beside folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.deletingLastPathComponent().path)
            .filter { $0.contains("unpacking") }
    }

    private func unpack(_ bundle: StoredBundle, of signed: SignedBundle, to out: URL) async throws(Failure)
        -> BundleUnpacking.Report
    { try await BundleUnpacking(signed.content).run(bundle, to: out.path) }

    @Test func `every file is there by its name, and the code is a folder`() async throws {
        try await withBundle { (signed, out) async throws in
            try FileManager.default.createDirectory(
                at: out, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o750])
            let report = try await unpack(signed.bundle, of: signed, to: out)
            #expect(
                try files(out) == [
                    "model.joblib": 0o644, "tokenizer.json": 0o644, "a/b": 0o644, "a-b": 0o644, "a.txt": 0o644,
                    ".waybill/card/churn.md": 0o644, ".waybill/lock/train.lock": 0o644,
                    ".waybill/modelversion.json": 0o644, ".waybill/code/train.py": 0o644,
                ])
            #expect(report.files == 9)
            #expect(try fileStatus(out.path)?.permissions == 0o750)
            for layer in signed.bundle.layers where layer.path != CodeArchive.path {
                let bytes = try Data(contentsOf: out.appending(path: layer.path))
                #expect(Digest(of: bytes) == layer.digest, "\(layer.path)")
            }
            // An edit is none of the store.
            try Data("other".utf8).write(to: out.appending(path: "model.joblib"))
            #expect(try await signed.content.verify(only: nil).isSound)
            #expect(try leftovers(beside: out) == [])
        }
    }

    private func replacingCode(of signed: SignedBundle, by bytes: [UInt8]) async throws -> StoredBundle {
        let digest = try await signed.content.put(bytes)
        var bundle = signed.bundle
        for index in bundle.layers.indices where bundle.layers[index].path == CodeArchive.path {
            bundle.layers[index].digest = digest
            bundle.layers[index].size = Int64(bytes.count)
        }
        return bundle
    }

    @Test func `programs of the code stay programs, and long names are whole`() async throws {
        try await withBundle { (signed, out) async throws in
            let long = String(repeating: "long/", count: 40) + "x"
            let folder = CommitFolder(
                tree: "",
                files: [
                    CommitFolder.File(path: "bin/run", isExecutable: true, bytes: Array("#!/bin/sh\n".utf8)),
                    CommitFolder.File(path: long, isExecutable: false, bytes: []),
                ])
            let bundle = try await replacingCode(of: signed, by: CodeArchive.bytes(of: folder))
            _ = try await unpack(bundle, of: signed, to: out)
            #expect(try files(out.appending(path: CodeArchive.path)) == ["bin/run": 0o755, long: 0o644])
        }
    }

    @Test func `what a killed one left is removed, and what another fills is not touched`() async throws {
        try await withBundle { (signed, out) async throws in
            let place = out.deletingLastPathComponent().appending(path: ".out.unpacking")
            try FileManager.default.createDirectory(at: place.appending(path: "a"), withIntermediateDirectories: true)
            try Data("half".utf8).write(to: place.appending(path: "model.joblib"))
            _ = try await unpack(signed.bundle, of: signed, to: out)
            #expect(try files(out).count == 9)
            let second = out.deletingLastPathComponent().appending(path: "second")
            let other = try NewFolder(at: second.path)
            await #expect(
                throws: Failure(
                    .retry, reason: "FolderTaken",
                    message: "\(second.path) is being filled by another process; wait until it is done")
            ) { try await unpack(signed.bundle, of: signed, to: second) }
            #expect(try fileStatus(other.place)?.isFolder == true)
            other.abandon()
            #expect(try leftovers(beside: out) == [])
        }
    }

    @Test func `a place where something is stays as it is`() async throws {
        try await withBundle { (signed, out) async throws in
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: false)
            try Data("mine".utf8).write(to: out.appending(path: "notes"))
            let link = out.deletingLastPathComponent().appending(path: "link")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: out)
            for (place, why) in [
                (out, "has something in it already"), (out.appending(path: "notes"), "is there and is no folder"),
                (link, "is there and is no folder"),
            ] {
                await #expect(
                    throws: Failure(
                        .stall, reason: "FolderTaken",
                        message: "\(place.path) \(why); name a folder that is empty, or not there yet")
                ) { try await unpack(signed.bundle, of: signed, to: place) }
            }
            #expect(try files(out).keys.sorted() == ["notes"])
            #expect(try leftovers(beside: out) == [])
        }
    }

    struct Hostile: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var name: String
        var mediaType = ModelPack.Layer.weight.mediaType
        var message: String
    }

    static let hostile = [
        Hostile(
            testDescription: "out of the folder", name: "../x",
            message: "churn@1.4.0 is not unpacked: '../x' leads out of its folder by '..'"),
        Hostile(
            testDescription: "absolute", name: "/etc/x",
            message:
                "churn@1.4.0 is not unpacked: '/etc/x' is an absolute path; write it relative, without the first '/'"),
        Hostile(
            testDescription: "twice", name: "model.joblib",
            message: "churn@1.4.0 is not unpacked: 'model.joblib' is in it twice"),
        Hostile(
            testDescription: "below a file", name: "model.joblib/x",
            message: "churn@1.4.0 is not unpacked: 'model.joblib' is a file and a folder in it"),
        Hostile(
            testDescription: "above a file", name: "a", message: "churn@1.4.0 is not unpacked: 'a' is in it twice"),
        Hostile(
            testDescription: "in the code", name: ".waybill/code/train.py",
            message: "churn@1.4.0 is not unpacked: '.waybill/code' is a file and a folder in it"),
        Hostile(
            testDescription: "packed", name: "w", mediaType: "application/vnd.cncf.model.weight.v1.tar+gzip",
            message:
                "'w' of churn@1.4.0 is packed ('application/vnd.cncf.model.weight.v1.tar+gzip') in a way that only the tool "
                + "knows which made it; unpack it with that"),
    ]

    @Test(arguments: hostile) func `a bundle that is no folder is refused as a whole`(_ row: Hostile) async throws {
        try await withBundle { (signed, out) async throws in
            var bundle = signed.bundle
            var layer = bundle.layers[0]
            (layer.path, layer.mediaType) = (row.name, row.mediaType)
            bundle.layers.append(layer)
            do throws(Failure) {
                _ = try await unpack(bundle, of: signed, to: out)
                Issue.record("it was unpacked")
            } catch { #expect(error.message == row.message) }
            #expect(try fileStatus(out.path) == nil)
            #expect(try leftovers(beside: out) == [])
        }
    }

    /// A tar with one member of that name and type.
    private static func tar(_ name: String, type: Character) -> [UInt8] {
        let file = CommitFolder.File(path: "abcd", isExecutable: false, bytes: [])
        var bytes = CodeArchive.bytes(of: CommitFolder(tree: "", files: [file]))
        bytes.replaceSubrange(0..<4, with: Array(name.utf8) + [UInt8](repeating: 0, count: 4 - name.utf8.count))
        bytes[156] = Array(String(type).utf8)[0]
        let sum = String(TarReader.checksum(Array(bytes[..<512])), radix: 8)
        bytes.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8))
        return bytes
    }

    static let archives: [([UInt8], String)] = [
        (tar("abc", type: "2"), "'abc' in '.waybill/code' is no plain file"),
        (tar("dev", type: "3"), "'dev' in '.waybill/code' is no plain file"),
        (tar("../", type: "0"), "'../' in '.waybill/code' is no plain file"),
        (tar("../x", type: "0"), "'../x' leads out of its folder by '..'"),
        (Array(tar("abc", type: "0").prefix(300)), "'.waybill/code' is no sound tar: "),
    ]

    @Test func `code that is no tar of plain files is refused`() async throws {
        try await withBundle { (signed, out) async throws in
            for (bytes, why) in Self.archives {
                let bundle = try await replacingCode(of: signed, by: bytes)
                do throws(Failure) {
                    _ = try await unpack(bundle, of: signed, to: out)
                    Issue.record("it was unpacked: \(why)")
                } catch {
                    #expect(error.message.hasPrefix("churn@1.4.0 is not unpacked: \(why)"), "\(error.message)")
                }
                #expect(try fileStatus(out.path) == nil)
                #expect(try leftovers(beside: out) == [])
            }
        }
    }

    @Test func `rotten bytes are not unpacked`() async throws {
        try await withBundle { (signed, out) async throws in
            let layer = signed.bundle.layers[0]
            let blob = signed.content.layout.blob(layer.digest)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: blob)
            try Data("rot".utf8).write(to: URL(filePath: blob))
            await #expect(
                throws: Failure(
                    .stall, reason: "BundleDamaged",
                    message:
                        "'\(layer.path)' (\(layer.digest)) is missing or rotten in \(signed.content.layout.image); run 'waybill "
                        + "package verify', which fetches it again")
            ) { try await unpack(signed.bundle, of: signed, to: out) }
            #expect(try fileStatus(out.path) == nil)
            #expect(try leftovers(beside: out) == [])
        }
    }
}
