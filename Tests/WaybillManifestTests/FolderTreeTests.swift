import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillManifest

@Suite struct FolderTreeTests {
    private func write(_ files: [String: String], in folder: URL) throws {
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    @Test func `a working folder loads like a commit, links and odd names as problems`() async throws {
        try await withTemporaryFolder { folder in
            try write(SampleFleet.files, in: folder)
            try write([".git/x.yaml": "a: ["], in: folder)
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: "linked.yaml").path, withDestinationPath: "/etc/passwd")
            try write(["bad\u{1}.yaml": "a: ["], in: folder)
            let tree = FolderTree(root: folder.path)
            let loader = FleetLoader(tree: tree)
            let delta = try await loader.load(try tree.scan())
            #expect(delta.changed.count == 2)
            #expect(
                delta.diagnostics.map(DiagnosticText.headline) == [
                    "bad\u{fffd}.yaml:1:1: error: 'bad\\u{1}.yaml' holds a control character or a backslash, which a path must not",
                    "linked.yaml:1:1: error: is a symbolic link; links are not followed",
                ])
            try write(["production/churn.yaml": SampleFleet.deployment("churn", more: "  replicas: 4")], in: folder)
            let next = try await loader.load(try tree.scan())
            #expect(next.changed.mapValues(\.replicas) == [FleetLoaderTests.churn: 4])
        }
    }

    @Test func `a hidden file at the top is found by its name, and listed nowhere`() async throws {
        try await withTemporaryFolder { folder in
            try write([".lfsconfig": "one", "a/.hidden": "x", ".git/config": "x", "seen": "x"], in: folder)
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: ".link").path, withDestinationPath: "/etc/passwd")
            let tree = FolderTree(root: folder.path)
            let commit = try tree.scan()
            #expect(try await tree.changes(from: nil, to: commit, under: "").changes.map(\.path) == ["seen"])
            let found = try #require(try await tree.file(".lfsconfig", at: commit))
            #expect(try await tree.read([found.blob], limit: 10) == [Array("one".utf8)])
            for path in [".absent", ".link", "a/.hidden", ".git/config", ".git", "..", "."] {
                #expect(try await tree.file(path, at: commit) == nil)
            }
        }
    }

    @Test func `a folder that is not there is an error in words`() {
        #expect(
            throws: Failure(
                .stall, reason: "FolderUnreadable", message: "'/nowhere' cannot be listed: No such file or directory")
        ) {
            try FolderTree(root: "/nowhere").scan()
        }
    }
}
