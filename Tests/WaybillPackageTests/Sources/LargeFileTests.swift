import Foundation
import Testing
import WaybillCore
import WaybillGit
import WaybillTestSupport

@testable import WaybillPackage

/// Files that the real git-lfs client pushed to a server over HTTP.
@Suite struct `Large files of git` {
    private static let isAvailable = FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs")
    private static let text = String(repeating: "weights ", count: 40_000)

    /// A fleet whose model is kept by Git LFS, pushed by the real client, and read from its clone's objects.
    private func withFleet(
        change: @escaping (inout LFSServer.Behaviour) -> Void = { _ in },
        _ body: (StoreFixture, LFSServer, GitOrigin) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let origin = try GitOrigin(in: folder)
            let server = try LFSServer(in: folder, change: change)
            try origin.git("lfs", "install", "--local")
            try origin.git("config", "-f", ".lfsconfig", "lfs.url", server.url)
            try origin.git("lfs", "track", "*.bin")
            try origin.commit(["models/m.bin": Self.text])
            try origin.run("git", "init", "-q", "--bare", folder.appending(path: "bare.git").path)
            try origin.git("remote", "add", "origin", folder.appending(path: "bare.git").path)
            try origin.git("push", "-q", "origin", "main")
            let commit = try CommitID(parsing: try origin.git("rev-parse", "HEAD"))
            let fixture = try StoreFixture(
                in: folder, commit: commit, tree: try WorkingClone(containing: origin.path),
                readers: SourceReaders(
                    [:],
                    largeFiles: LargeFiles(
                        try HTTPTransport(HTTPSettings()), remote: try RemoteAddress(parsing: "/srv/fleet"),
                        credential: HTTPCredential(
                            host: "127.0.0.1", form: .basic(user: "ada"), place: .file(folder.path + "/token")))))
            try Data("hunter2\n".utf8).write(to: folder.appending(path: "token"))
            try await body(fixture, server, origin)
        }
    }

    private func artifact(_ fixture: StoreFixture, _ text: String = text) -> Artifact {
        fixture.artifact("m.bin", .repository(path: "models/m.bin"), text)
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs")) func `what the client pushed is what is served`() async throws {
        let header = ["X-Ticket": "7"]
        try await withFleet(change: { $0.header = header }) { fixture, server, _ in
            let artifact = artifact(fixture)
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == Self.text)
            #expect(
                try server.requests().suffix(2) == [
                    "POST /fleet.git/info/lfs/objects/batch -", "GET /objects/\(artifact.digest.hex) -",
                ])
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs")) func `a download that was cut goes on where it ended`()
        async throws
    {
        try await withFleet(change: { $0.cutAfter = 100_000 }) { fixture, server, _ in
            let artifact = artifact(fixture)
            let failure = await fixture.failure(of: [artifact])
            #expect(failure?.disposition == .retry, "\(failure as Any)")
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == Self.text)
            let last = try #require(try server.requests().last)
            let range = try #require(last.wholeMatch(of: #/GET /objects/\S+ bytes=(\d+)-/#), "\(last)")
            #expect((1...100_000).contains(try #require(Int(range.1))))
            #expect(fixture.partials == [])
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs")) func `the repository's own credential opens its server`()
        async throws
    {
        let basic = HTTPCredential.basic(user: "ada", password: "hunter2")
        try await withFleet(change: { $0.authorization = basic }) { fixture, _, _ in
            let artifact = artifact(fixture)
            try await fixture.stage([artifact])
            #expect(try fixture.text([artifact], "m.bin") == Self.text)
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs"))
    func `a pointer to another file is refused before anything is asked`() async throws {
        try await withFleet { fixture, server, _ in
            let before = try server.requests().count
            var artifact = artifact(fixture, "other")
            let real = Digest(of: Self.text.utf8)
            #expect(
                await fixture.failure(of: [artifact])?.message
                    == "'m.bin' of churn@1.4.0 from models/m.bin is not what its manifest names: expected \(artifact.digest) "
                    + "(5 bytes), got a pointer of Git LFS to \(real) (320000 bytes); likely the file was replaced after the "
                    + "manifest was written. Bring back the file that was meant, or make a new version of it with 'waybill new "
                    + "version'")
            artifact.digest = real
            #expect(
                await fixture.failure(of: [artifact])?.message.hasSuffix("likely the size in the manifest is wrong")
                    == true)
            #expect(try server.requests().count == before)
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs")) func `a server without the object, or with a lie, is told`()
        async throws
    {
        try await withFleet(change: { $0.extraSize = 1 }) { fixture, server, _ in
            #expect(
                await fixture.failure(of: [artifact(fixture)])
                    == Failure(
                        .stall, reason: "LargeFileUnavailable",
                        message:
                            "models/m.bin: the Git LFS server \(server.url) has the object with another size; ask its "
                            + "operator"))
            try FileManager.default.removeItem(
                at: fixture.folder.appending(path: "lfs-server/object-\(artifact(fixture).digest.hex)"))
            #expect(
                await fixture.failure(of: [artifact(fixture)])
                    == Failure(
                        .stall, reason: "LargeFileMissing",
                        message:
                            "models/m.bin: the Git LFS server \(server.url) does not have the object of the pointer: 'no "
                            + "such object'; upload it with 'git lfs push --all'"))
            #expect(fixture.partials == [] && fixture.blobs == [])
        }
    }

    @Test(.enabled(if: isAvailable, "needs git-lfs")) func `an address of a machine's own credentials is not followed`()
        async throws
    {
        try await withFleet(change: { $0.href = "http://169.254.169.254/latest" }) { fixture, _, _ in
            let failure = await fixture.failure(of: [artifact(fixture)])
            #expect(failure?.disposition == .stall, "\(failure as Any)")
        }
    }
}

@Suite struct `Git LFS without a server` {
    private static let digest = String(repeating: "a", count: 64)

    @Test func `a pointer has an id and a size`() throws {
        let text = "version https://git-lfs.github.com/spec/v1\noid sha256:\(Self.digest)\nsize 12\n"
        let pointer = try LFSPointer(parsing: Array(text.utf8))
        #expect(pointer.digest.hex == Self.digest && pointer.size == 12)
    }

    @Test(arguments: [
        (
            "v2\noid sha256:\(digest)\nsize 1\n",
            "it is a pointer of a version of Git LFS that is not known; version 1 is"
        ),
        (
            "v1\next-0-foo sha256:\(digest)\noid sha256:\(digest)\nsize 1\n",
            "it is a pointer of Git LFS with the extension 'ext-0-foo', which is not followed"
        ),
        ("v1\noid sha256:\(digest)\n", "it is a pointer of Git LFS without the object's id or size; commit it again"),
        (
            "v1\noid sha256:\(digest)\nsize -1\n",
            "it is a pointer of Git LFS without the object's id or size; commit it again"
        ),
        ("v1\nsize 1\nsize 2\n", "it begins as a pointer of Git LFS and is none: 'size 2' is no field of one"),
        (
            "v1\n" + String(repeating: "x", count: 1024),
            "it begins as a pointer of Git LFS and is none: it has too many bytes, or is not UTF-8"
        ),
    ])
    func `what begins as a pointer and is none is told`(_ rest: String, _ message: String) {
        #expect(throws: InvalidInput(message)) {
            try LFSPointer(parsing: Array("version https://git-lfs.github.com/spec/\(rest)".utf8))
        }
    }

    private static let conventional = WebAddress(
        scheme: .https, host: "git.example", target: "/team/fleet.git/info/lfs")

    @Test(
        arguments: [
            (nil, "https://git.example/team/fleet.git", "https://git.example/team/fleet.git/info/lfs"),
            (nil, "https://git.example:8443/team/fleet", "https://git.example:8443/team/fleet.git/info/lfs"),
            ("[lfs]\n\turl = https://lfs.example/x/ ; ours\n", "https://git.example/fleet", "https://lfs.example/x"),
            ("[LFS]\nURL=\"http://127.0.0.1:1/x\"\n[other]\nurl = no\n", "/srv/fleet", "http://127.0.0.1:1/x"),
            ("[other]\nurl = https://no.example\n", "https://git.example/f.git", "https://git.example/f.git/info/lfs"),
        ] as [(String?, String, String)])
    func `its server is what the settings say, or by convention`(
        _ settings: String?, _ remote: String, _ expected: String
    ) throws {
        let place = try LFSEndpoint.place(
            settings: settings.map { Array($0.utf8) }, remote: RemoteAddress(parsing: remote))
        #expect(place == .server(try WebAddress(parsing: expected)))
    }

    @Test(
        arguments: [
            (nil, "git@git.example:team/fleet"),
            ("[lfs]\nurl = git@git.example:team/fleet\n", "https://elsewhere.example/x"),
        ] as [(String?, String)])
    func `an ssh host is asked`(_ settings: String?, _ remote: String) throws {
        let place = try LFSEndpoint.place(
            settings: settings.map { Array($0.utf8) }, remote: RemoteAddress(parsing: remote))
        #expect(place == .host(try RemoteAddress(parsing: "git@git.example:team/fleet"), otherwise: Self.conventional))
    }

    @Test func `a folder has its objects in it, and no repository has none`() throws {
        let folder = try RemoteAddress(parsing: "/srv/fleet")
        #expect(try LFSEndpoint.place(settings: nil, remote: folder) == .folder(folder, path: "/srv/fleet"))
        let named = Array("[lfs]\nurl = file:///srv/fleet\n".utf8)
        #expect(try LFSEndpoint.place(settings: named, remote: nil) == .folder(folder, path: "/srv/fleet"))
        #expect(
            throws: InvalidInput(
                "where the server of Git LFS is cannot be told, because no repository is configured; name it as 'lfs.url' in "
                    + ".lfsconfig at the repository's top, or as 'sources.lfs' in waybill.yaml")
        ) { try LFSEndpoint.place(settings: nil, remote: nil) }
        #expect(throws: InvalidInput.self) {
            try LFSEndpoint.place(settings: Array("[lfs]\nurl = gs://x\n".utf8), remote: folder)
        }
    }

    @Test(
        arguments: [
            (11, ["six by": "LFS", "five.": "LFS"], nil), (10, ["six by": "LFS", "five.": "LFS"], 11),
            (10, ["six by": "LFS", "seven b": "https"], 13), (10, ["six by": "LFS", "eleven byte": "file"], nil),
        ] as [(Int64, [String: String], Int?)])
    func `they count with the other files of a version that are on other machines`(
        _ bound: Int64, _ texts: [String: String], _ refused: Int?
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try StoreFixture(in: folder)
            var artifacts: [Artifact] = []
            for (text, place) in texts.sorted(by: { $0.key < $1.key }) {
                let path = "\(text.utf8.count).bin"
                switch place {
                case "LFS":
                    let artifact = fixture.artifact(path, .repository(path: "models/\(path)"), text)
                    fixture.tree.files["models/\(path)"] = Array(
                        "version https://git-lfs.github.com/spec/v1\noid \(artifact.digest)\nsize \(artifact.size)\n"
                            .utf8)
                    artifacts.append(artifact)
                case "https":
                    let source = RemoteSource(scheme: .https, text: "https://models.example/\(path)")
                    artifacts.append(fixture.artifact(path, .remote(source), text))
                case _: artifacts.append(try fixture.file(path, text))
                }
            }
            fixture.readers = SourceReaders(
                [:],
                largeFiles: LargeFiles(
                    try HTTPTransport(HTTPSettings()), remote: try RemoteAddress(parsing: "\(folder.path)/no-fleet")),
                bounds: SourceBounds(versionBytes: bound))
            // Nothing here has the objects: what is admitted fails later, and otherwise.
            let failure = try #require(await fixture.failure(of: artifacts))
            #expect((failure.reason == "ArtifactTooLarge") == (refused != nil), "\(failure)")
            if let refused {
                #expect(
                    failure.message
                        == "churn@1.4.0 has \(refused) bytes on other machines, and 'sources.sizeLimit' of waybill.yaml is "
                        + "\(bound); raise it if the version is meant")
                #expect(fixture.blobs == [] && fixture.partials == [])
            }
        }
    }
}
