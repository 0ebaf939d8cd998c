import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Files and code of git repositories, through the real git and the real helper.
@Suite struct `Git sources` {
    private func failure(_ body: () async throws(Failure) -> Void) async -> Failure? {
        do throws(Failure) { try await body() } catch { return error }
        return nil
    }

    private func remote(_ text: String) throws -> ArtifactSource { try ArtifactSource(parsing: text) }

    @Test func `an artifact comes from a repository at its commit`() async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let first = try origin.commit(["models/m.bin": "one"])
            try origin.commit(["models/m.bin": "another"])
            var fixture = try StoreFixture(in: folder)
            fixture.readers = SourceReaders([:], repositories: origin.files())
            let source = try remote("git+file://\(origin.path)@main:\(first)#models/m.bin")
            let artifact = fixture.artifact("m.bin", source, "one")
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == "one")
            #expect(fixture.partials == [])
        }
    }

    @Test func `what is not what the manifest names leaves the message and nothing else`() async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let commit = try origin.commit(["m.bin": "four", "large.bin": String(repeating: "x", count: 5000)])
            try origin.run("ln", "-s", "m.bin", "\(origin.path)/link.bin")
            let linked = try origin.commit([:])
            var fixture = try StoreFixture(in: folder)
            fixture.readers = SourceReaders([:], repositories: origin.files())
            let place = "git+file://\(origin.path)"
            let cases: [(String, String, String)] = [
                (
                    "\(commit)#m.bin", "FOUR",
                    "'m.bin' of churn@1.4.0 from \(place)@\(commit)#m.bin is not what its manifest names: expected "
                        + "\(Digest(of: "FOUR".utf8)) (4 bytes), got \(Digest(of: "four".utf8)) (4 bytes); likely the file was "
                        + "trained or saved again, or damaged. Bring back the file that was meant, or make a new version of it "
                        + "with 'waybill new version'"
                ),
                (
                    "\(commit)#large.bin", "four",
                    "\(place)@\(commit)#large.bin: the file has more bytes there than the 4 that its manifest names; likely "
                        + "another commit was meant"
                ),
                (
                    "\(linked)#link.bin", "four",
                    "\(origin.path) at \(linked.short): 'link.bin': a symbolic link; links are not followed, commit the file "
                        + "itself"
                ),
            ]
            for (rest, content, message) in cases {
                let artifact = fixture.artifact("m.bin", try remote("\(place)@\(rest)"), content)
                let failure = await fixture.failure(of: [artifact])
                #expect(failure?.message == message)
                #expect(failure?.disposition == .stall)
            }
            #expect(fixture.partials == [] && fixture.blobs == [])
        }
    }

    @Test func `code is one layer that tar unpacks, and the same one from any repository that has it`() async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let long = "train/" + String(repeating: "deep/", count: 25) + "x.py"
            try origin.run("mkdir", "-p", "\(origin.path)/train")
            try origin.run(
                "sh", "-c", "printf '#!/bin/sh\\n' > \(origin.path)/train/run; chmod +x \(origin.path)/train/run")
            let commit = try origin.commit(["train/fit.py": "fit()\n", long: "x\n", "notes": "no code"])
            var version = try BundleFixture(in: folder).version()
            version.code = CodeSource(repository: origin.path, commit: commit, path: "train")
            var fixture = try BundleFixture(in: folder)
            fixture.repositories = origin.files()
            let made = try await fixture.build(version)
            let bundle = try await fixture.store.content.bundle(made.manifest.description)
            let layer = try #require(bundle.layers.first { $0.path == ".waybill/code" })
            #expect(layer.mediaType == "application/vnd.cncf.model.code.v1.tar")
            #expect(bundle.annotations["dev.waybill.code.tree"] == (try origin.git("rev-parse", "\(commit):train")))
            let blob = fixture.store.content.layout.blob(layer.digest)
            let out = folder.appending(path: "out").path
            try origin.run("mkdir", out)
            try origin.run("tar", "-xf", blob, "-C", out)
            #expect(try String(contentsOfFile: "\(out)/fit.py", encoding: .utf8) == "fit()\n")
            #expect(try String(contentsOfFile: "\(out)/\(long.dropFirst(6))", encoding: .utf8) == "x\n")
            #expect(FileManager.default.isExecutableFile(atPath: "\(out)/run"))
            #expect(!FileManager.default.isExecutableFile(atPath: "\(out)/fit.py"))
            let listed = try origin.run("tar", "-tvf", blob, "--numeric-owner", "--full-time", "--utc")
            #expect(
                listed.split(separator: "\n").allSatisfy { $0.contains(" 0/0 ") && $0.contains("1970-01-01 00:00:00") })

            try origin.run("git", "clone", "-q", "--bare", origin.path, folder.appending(path: "copy.git").path)
            version.code?.repository = folder.appending(path: "copy.git").path
            let again = try await fixture.build(version)
            let other = try await fixture.store.content.bundle(again.manifest.description)
            #expect(other.layers.first { $0.path == ".waybill/code" } == layer)
        }
    }

    @Test(
        arguments: [(13, nil), (12, "leaves beside 5 bytes"), (4, "5 bytes on other machines")] as [(Int64, String?)])
    func `code counts with what a version has on other machines`(_ bound: Int64, _ refused: String?) async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let commit = try origin.commit(["train/fit.py": "fit()\n#\n", "m.bin": "bytes"])
            let fixture = try BundleFixture(in: folder)
            var version = try fixture.version()
            version.code = CodeSource(repository: origin.path, commit: commit, path: "train")
            version.artifacts = [
                fixture.store.artifact("m.bin", try remote("git+file://\(origin.path)@\(commit)#m.bin"), "bytes")
            ]
            let builder = BundleBuilder(
                content: fixture.store.content, tree: fixture.store.tree,
                readers: SourceReaders(
                    [:], repositories: origin.files(), bounds: SourceBounds(versionBytes: bound)),
                refusing: [])
            let failure = await failure { () async throws(Failure) in
                _ = try await builder.build(version, at: fixture.store.commit)
            }
            #expect((failure == nil) == (refused == nil), "\(String(describing: failure))")
            if let refused { #expect(failure?.message.contains(refused) == true) }
            if bound == 12 {
                #expect(
                    failure
                        == Failure(
                            .stall, reason: "ArtifactTooLarge",
                            message:
                                "the code of churn@1.4.0: it has more than the 7 bytes that 'sources.sizeLimit' of waybill.yaml leaves "
                                + "beside 5 bytes of files on other machines; raise it if the version is meant"))
            }
        }
    }

    @Test func `code that is not there stops the packaging with its place`() async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let commit = try origin.commit(["a": "1"])
            var fixture = try BundleFixture(in: folder)
            fixture.repositories = origin.files()
            var version = try fixture.version()
            version.code = CodeSource(repository: origin.path, commit: commit, path: "train")
            await #expect(
                throws: Failure(
                    .stall, reason: "FolderNotFound",
                    message:
                        "the code of churn@1.4.0: \(origin.path) at \(commit.short): there is no folder 'train'; check "
                        + "the path, it begins at the repository's top")
            ) { try await fixture.build(version) }
        }
    }
}

@Suite struct `Roots of file sources` {
    @Test func `with roots a file is taken where it really is below one`() async throws {
        try await withTemporaryFolder { folder in
            var fixture = try StoreFixture(in: folder)
            let inside = try fixture.file("allowed/m.bin", "weights")
            let outside = try fixture.file("elsewhere/m.bin", "weights")
            let beside = try fixture.file("allowed-not/m.bin", "weights")
            let root = folder.appending(path: "sources/allowed").path
            fixture.readers = SourceReaders([:], fileRoots: [root])
            try await fixture.stage([inside])

            let words =
                "in none of the folders that 'file:' sources may be in (\(root)); move the file there, or add its "
            let end = "folder to 'sources.fileRoots'"
            #expect(await fixture.failure(of: [renamed(outside)])?.message == "\(path(outside)) is \(words)\(end)")
            #expect(await fixture.failure(of: [renamed(beside)])?.message == "\(path(beside)) is \(words)\(end)")
            let link = "\(root)/link.bin"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../elsewhere/m.bin")
            var linked = renamed(outside)
            linked.source = .file(path: link)
            #expect(
                await fixture.failure(of: [linked])?.message
                    == "\(link) leads to '\(path(outside))', which is \(words)\(end)")
        }
    }

    /// Another content, so that it is not held already.
    private func renamed(_ artifact: Artifact) -> Artifact {
        var artifact = artifact
        artifact.digest = Digest(of: artifact.source.description.utf8)
        return artifact
    }

    private func path(_ artifact: Artifact) -> String { String(artifact.source.description.dropFirst(5)) }
}
