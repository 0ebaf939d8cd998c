import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

@Suite struct MirrorTests {
    @Test func `the head of the branch is named without a transfer`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a.yaml": "a"])
            let mirror = try origin.mirror()
            #expect(try await mirror.remoteHead() == pushed)
            #expect(!FileManager.default.fileExists(atPath: origin.folder + "/state/mirror.git"))
        }
    }

    @Test func `a fetch brings files that can be read, and nothing stays behind`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["fleet/a.yaml": "one\n", "fleet/b/c.yaml": "two\n", "README": "x"])
            let mirror = try origin.mirror()
            #expect(try await mirror.fetch() == pushed)
            let found = try await mirror.changes(from: nil, to: pushed, under: "fleet")
            #expect(found.changes.map(\.path) == ["fleet/a.yaml", "fleet/b/c.yaml"])
            #expect(found.problems == [])
            let blobs = found.changes.compactMap(\.after)
            #expect(try await mirror.read(blobs, limit: 100) == [Array("one\n".utf8), Array("two\n".utf8)])
            #expect(try FileManager.default.contentsOfDirectory(atPath: origin.folder + "/state") == ["mirror.git"])
        }
    }

    @Test func `the commit since which a file is what it is, is found along first parents`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["fleet/a/x": "1", "z": "1"])
            let second = try await origin.push(["fleet/a/x": "2"])
            try await origin.push(["fleet/a/y": "1"])
            let last = try await origin.push(["z": "2"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let clone = try WorkingClone(containing: origin.folder + "/work")
            for tree in [mirror, clone] as [any FleetTree] {
                #expect(try await tree.origin(of: "fleet/a/x", at: last) == second)
                #expect(try await tree.origin(of: "fleet/a/x", at: first) == first)
                #expect(try await tree.origin(of: "z", at: last) == last)
                #expect(try await tree.origin(of: "none", at: last) == nil)
                #expect(try await tree.origin(of: "fleet/a", at: last) == nil)
            }
        }
    }

    @Test func `only what changed is named, in the order of its paths`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push([
                "a.yaml": "1", "b/c.yaml": "1", "b/d.yaml": "1", "e.yaml": "1", "z": "1",
            ])
            let second = try await origin.push([
                "b/c.yaml": "2", "e.yaml": String?.none, "f/g.yaml": "1", "z": String?.none,
            ])
            let third = try await origin.push(["z/now-a-folder": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let (one, two) = (try BlobID.of("1"), try BlobID.of("2"))
            #expect(
                try await mirror.changes(from: first, to: second, under: "").changes == [
                    TreeChange(path: "b/c.yaml", before: one, after: two),
                    TreeChange(path: "e.yaml", before: one, after: nil),
                    TreeChange(path: "f/g.yaml", before: nil, after: one),
                    TreeChange(path: "z", before: one, after: nil),
                ])
            #expect(try await mirror.changes(from: first, to: second, under: "b/").changes.map(\.path) == ["b/c.yaml"])
            #expect(try await mirror.changes(from: second, to: second, under: "").changes == [])
            #expect(
                try await mirror.changes(from: first, to: third, under: "").changes.suffix(2) == [
                    TreeChange(path: "z", before: one, after: nil),
                    TreeChange(path: "z/now-a-folder", before: nil, after: one),
                ])
        }
    }

    @Test func `a folder that went away is a removal of each of its files`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["fleet/a": "1", "fleet/b/c": "1", "x": "1"])
            let second = try await origin.push(["fleet/a": String?.none, "fleet/b/c": String?.none])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let found = try await mirror.changes(from: first, to: second, under: "fleet")
            #expect(found.changes.map(\.path) == ["fleet/a", "fleet/b/c"])
            #expect(found.changes.allSatisfy { $0.after == nil })
        }
    }

    @Test func `a file is found by its path, and only a regular one`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a/b.txt": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            #expect(try await mirror.file("a/b.txt", at: pushed) == TreeFile(path: "a/b.txt", blob: try BlobID.of("1")))
            #expect(try await mirror.file("a", at: pushed) == nil)
            #expect(try await mirror.file("a/c.txt", at: pushed) == nil)
            #expect(try await mirror.file("a/b.txt/c", at: pushed) == nil)
            let refused = await failure { () async throws(Failure) in try await mirror.file("a/../b", at: pushed) }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "PathInvalid",
                        message: "'a/../b' is not a path inside the repository: a part of it is '..'"))
        }
    }

    @Test func `an ancestor is told from a commit that was rewound away`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            let lost = try await origin.push(["a": "2"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            try await origin.rewind(to: first)
            let now = try await origin.push(["a": "3"])
            #expect(try await mirror.fetch() == now)
            #expect(try await mirror.contains(first, in: now))
            #expect(try await mirror.contains(now, in: now))
            #expect(try await !mirror.contains(lost, in: now))
            #expect(try await !mirror.contains(now, in: first))
            // What was accepted before stays readable while a person looks at the rewind.
            #expect(try await mirror.changes(from: lost, to: now, under: "").changes.map(\.path) == ["a"])
            let unknown = try CommitID(parsing: String(repeating: "1", count: 40))
            #expect(try await !mirror.contains(unknown, in: now))
            #expect(try await !mirror.contains(now, in: unknown))
        }
    }

    @Test func `a commit says who, what and when`() async throws {
        try await withOrigin { origin in
            let long = String(repeating: "é", count: 300)
            let pushed = try await origin.push(["a": "1"], message: "Use \u{1b}[31m\(long)\n\nbody")
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let summary = try await mirror.summary(of: pushed)
            #expect(summary.author == "Ada <ada@example.org>")
            #expect(summary.summary == String(("Use [31m" + long).prefix(200)))
            #expect(summary.time.description == "2023-11-14T22:13:20.000Z")
        }
    }

    @Test func `a blob past the limit is refused before it is read`() async throws {
        try await withOrigin { origin in
            let pushed = try await origin.push(["a": String(repeating: "x", count: 101), "b": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let blobs = try await mirror.changes(from: nil, to: pushed, under: "").changes.compactMap(\.after)
            let refused = await failure { () async throws(Failure) in try await mirror.read(blobs, limit: 100) }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "FileTooLarge",
                        message: "blob \(blobs[0]) has 101 bytes; at most 100 are read"))
            #expect(try await mirror.read(blobs, limit: 101).map(\.count) == [101, 1])
        }
    }

    @Test func `reading before the first fetch says so`() async throws {
        try await withOrigin { origin in
            let commit = try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            let refused = await failure { () async throws(Failure) in
                try await mirror.changes(from: nil, to: commit, under: "")
            }
            #expect(refused?.reason == "MirrorMissing")
            #expect(
                refused?.message
                    == "there is no mirror at '\(origin.folder)/state/mirror.git' yet; the first fetch makes it")
        }
    }

    @Test func `a commit that is not in the mirror is named`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let unknown = try CommitID(parsing: String(repeating: "1", count: 40))
            let refused = await failure { () async throws(Failure) in try await mirror.summary(of: unknown) }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "CommitNotFound",
                        message: "commit \(unknown) is not in this repository; fetch the branch that has it"))
        }
    }

    @Test func `other branches of a local remote are not brought`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a": "1"])
            let other = try await origin.push(["b": "secret of another branch"])
            try await origin.git("-C", origin.path, "branch", "other", other.hex)
            try await origin.git("-C", origin.path, "update-ref", "refs/heads/main", other.hex + "~1")
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            #expect(try await !mirror.contains(other, in: other))
        }
    }
}

extension BlobID {
    /// The id that git gives this content; `git hash-object` made them, so that tests do not ask the code they test.
    static func of(_ content: String) throws -> BlobID {
        let known = ["1": "56a6051ca2b02b04ef92d5150c9ef600403cb1de", "2": "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4"]
        return try BlobID(parsing: known[content] ?? "unknown content")
    }
}
