import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

@Suite struct WorkingCloneTests {
    @Test func `two revisions of a clone are compared`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["fleet/a": "1"])
            let second = try await origin.push(["fleet/a": "2"])
            let work = origin.folder + "/work"
            try await origin.git("-C", work, "tag", "-a", "-m", "a tag", "v1", first.hex)
            let clone = try WorkingClone(containing: work + "/fleet")
            #expect(clone.folder == work)
            for name in ["HEAD~1", "v1", first.hex, String(first.hex.prefix(12)), "main^"] {
                #expect(try await clone.resolve(name) == first, "\(name)")
            }
            #expect(try await clone.resolve("origin/main") == second)
            let found = try await clone.changes(from: first, to: second, under: "fleet")
            #expect(found.changes.map(\.path) == ["fleet/a"])
            #expect(try await clone.read(found.changes.compactMap(\.after), limit: 10) == [[0x32]])
            #expect(try await clone.contains(first, in: second))
        }
    }

    @Test(arguments: [
        (
            "nowhere",
            "revision 'nowhere' is not in this clone; fetch it first (`git fetch origin`), in CI with its history "
                + "(`fetch-depth: 0`)"
        ),
        ("HEAD:a", "revision 'HEAD:a' does not name a commit"),
        ("a..b..c", "revision 'a..b..c' does not name a commit"),
    ])
    func `a revision that is none is told`(name: String, message: String) async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let clone = try WorkingClone(containing: origin.folder + "/work")
            let refused = await failure { () async throws(Failure) in try await clone.resolve(name) }
            #expect(refused == Failure(.stall, reason: "RevisionNotFound", message: message))
        }
    }

    @Test func `a folder outside any repository is told`() async throws {
        try await withTemporaryFolder { folder in
            let refused = await failure { () async throws(Failure) in try WorkingClone(containing: folder.path) }
            #expect(refused?.reason == "RepositoryNotFound")
            #expect(
                refused?.message.hasSuffix(
                    "is not in a git repository; run it inside the fleet's clone, or make one with `git init`") == true)
        }
    }

    @Test func `a repository of SHA-256 ids is told`() async throws {
        try await withOrigin { origin in
            try await origin.git("init", "-q", "--object-format=sha256", origin.folder + "/new")
            let refused = await failure { () async throws(Failure) in
                try WorkingClone(containing: origin.folder + "/new")
            }
            #expect(refused?.reason == "RepositoryUnsupported")
            #expect(
                refused?.message.contains("(unsupported extension name extensions.objectformat)") == true,
                "\(refused as Any)")
        }
    }

    @Test func `a shallow clone is read as far as it goes`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let first = try await origin.push(["a": "2"])
            let second = try await origin.push(["a": "1"])
            try await origin.git("clone", "-q", "--depth", "1", "file://" + origin.path, origin.folder + "/shallow")
            let clone = try WorkingClone(containing: origin.folder + "/shallow")
            #expect(try await clone.changes(from: nil, to: second, under: "").changes.map(\.path) == ["a"])
            let refused = await failure { () async throws(Failure) in
                try await clone.changes(from: first, to: second, under: "")
            }
            #expect(refused?.reason == "CommitNotFound")
        }
    }

    @Test func `the installed library is what the documents say`() {
        let features = LibGit2Features.installed
        #expect(features.version.hasPrefix("1."))
        #expect(features.problems == [])
        let bare = LibGit2Features(version: "1.9.0", https: false, ssh: true, threads: true)
        #expect(
            bare.problems == [
                "libgit2 1.9.0 was built without https; install Debian's libgit2-1.5 in place of the library found, or use an "
                    + "'ssh' address"
            ])
    }
}
