import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

/// Trees that git itself would refuse, brought through a real fetch.
@Suite struct HostileTreeTests {
    @Test func `what must not be taken is a problem, and the rest is read`() async throws {
        try await withOrigin { origin in
            let blob = try await origin.blob("1")
            let commit = String(repeating: "1", count: 40)
            let bytes =
                treeLine("100644", Array("..".utf8), blob) + treeLine("100644", Array(".GIT".utf8), blob)
                + treeLine("100644", Array("../../etc/passwd".utf8), blob)
                + treeLine("100644", [0xff, 0x0a], blob) + treeLine("100644", Array("twice".utf8), blob)
                + treeLine("100644", Array("good.yaml".utf8), blob) + treeLine("120000", Array("link".utf8), blob)
                + treeLine("160000", Array("module".utf8), commit) + treeLine("100644", Array("twice".utf8), blob)
                + treeLine("100600", Array("odd".utf8), blob)
            let pushed = try await origin.pushLiteralTree(bytes)
            let mirror = try origin.mirror()
            #expect(try await mirror.fetch() == pushed)
            let found = try await mirror.changes(from: nil, to: pushed, under: "")
            #expect(found.changes.map(\.path) == ["good.yaml"])
            #expect(
                found.problems == [
                    TreeProblem(path: "..", message: "an entry whose name is '..'; rename it"),
                    TreeProblem(
                        path: ".GIT",
                        message: "an entry whose name is '.git', or is taken for it by some file system; rename it"),
                    TreeProblem(path: "../../etc/passwd", message: "an entry whose name has a slash in it; rename it"),
                    TreeProblem(path: "\u{fffd}\\u{a}", message: "an entry whose name is not UTF-8; rename it"),
                    TreeProblem(path: "twice", message: "the folder has 2 entries of this name; none is taken"),
                    TreeProblem(
                        path: "link", message: "a symbolic link; links are not followed, commit the file itself"),
                    TreeProblem(
                        path: "module", message: "a submodule; its files are not fetched, commit the files themselves"),
                    TreeProblem(path: "odd", message: "an entry of unknown mode 100600"),
                ])
            #expect(try await mirror.file("link", at: pushed) == nil)
            #expect(try await mirror.file("twice", at: pushed) == nil)
        }
    }

    @Test func `a problem stays until its entry is mended, also in folders that did not change`() async throws {
        try await withOrigin { origin in
            try await origin.push(["a/sub/ok": "1", "b": "1"])
            try FileManager.default.createSymbolicLink(
                atPath: origin.folder + "/work/a/sub/link", withDestinationPath: "/etc/passwd")
            let first = try await origin.push([:])
            let second = try await origin.push(["b": "2"])
            try FileManager.default.removeItem(atPath: origin.folder + "/work/a/sub/link")
            let third = try await origin.push([:])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let expected = [
                TreeProblem(
                    path: "a/sub/link", message: "a symbolic link; links are not followed, commit the file itself")
            ]
            // A fresh reader that never walked the folder must find it too.
            #expect(try await mirror.changes(from: first, to: second, under: "").problems == expected)
            #expect(try await mirror.changes(from: nil, to: second, under: "").problems == expected)
            #expect(try await mirror.changes(from: nil, to: second, under: "a").problems == expected)
            #expect(try await mirror.changes(from: second, to: third, under: "").problems == [])
        }
    }

    @Test func `a path through a link is not followed`() async throws {
        try await withOrigin { origin in
            try await origin.push(["real/a": "1"])
            try FileManager.default.createSymbolicLink(
                atPath: origin.folder + "/work/fleet", withDestinationPath: "real")
            let pushed = try await origin.push([:])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let found = try await mirror.changes(from: nil, to: pushed, under: "fleet")
            #expect(found.changes == [])
            #expect(
                found.problems == [
                    TreeProblem(
                        path: "fleet", message: "a symbolic link; links are not followed, commit the file itself")
                ])
        }
    }

    @Test func `a tree that is small and endless is read to its depth or its limit`() async throws {
        try await withOrigin { origin in
            let blob = try await origin.blob("1")
            var tree = try await origin.git(
                "-C", origin.path, "mktree", input: Array("100644 blob \(blob)\ta\n".utf8))
            for _ in 0..<30 {
                let lines = (0..<10).map { "040000 tree \(tree)\td\($0)\n" }.joined()
                tree = try await origin.git("-C", origin.path, "mktree", input: Array(lines.utf8))
            }
            let pushed = try await origin.pushCommit(tree: tree)
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let store = try ObjectStore(packsOf: origin.folder + "/state/mirror.git")
            let top = try store.tree(of: pushed)
            var comparison = TreeComparison(memory: FolderMemory(), limit: 5000)
            var refused: Failure?
            do throws(Failure) { _ = try comparison.compare(nil, top, prefix: "", in: store) } catch { refused = error }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "TreeTooLarge",
                        message: "the commit has more than 5000 files and folders; point 'path' at a smaller folder"))
        }
    }

    @Test func `a folder nested without end is left out, the rest is read`() async throws {
        try await withOrigin { origin in
            let blob = try await origin.blob("1")
            var tree = try await origin.git(
                "-C", origin.path, "mktree", input: Array("100644 blob \(blob)\ta\n".utf8))
            var bytes = tree
            for _ in 0..<70 {
                bytes = try await origin.git(
                    "-C", origin.path, "mktree", input: Array("040000 tree \(bytes)\td\n".utf8))
            }
            let top = "040000 tree \(bytes)\td\n100644 blob \(blob)\tz.yaml\n"
            tree = try await origin.git("-C", origin.path, "mktree", input: Array(top.utf8))
            let pushed = try await origin.pushCommit(tree: tree)
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let found = try await mirror.changes(from: nil, to: pushed, under: "")
            #expect(found.changes.map(\.path) == ["z.yaml"])
            #expect(found.problems.map(\.message) == ["a folder more than 64 levels deep; not read"])
        }
    }

    @Test(arguments: [("40000", "no match for id"), ("100644", "cannot read header for")])
    func `a branch that lacks an object is refused as a whole`(mode: String, found: String) async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            let mirror = try origin.mirror()
            _ = try await mirror.fetch()
            let absent = String(repeating: "1", count: 40)
            _ = try await origin.pushLiteralTree(treeLine(mode, Array("x".utf8), absent), parent: first)
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteIncomplete",
                        message:
                            "\(origin.path): the repository lacks an object that its branch needs (object not found - "
                            + "\(found) (\(absent))); it is damaged, or a shallow clone: run `git fsck` there. Nothing of "
                            + "this fetch was kept"))
            #expect(try await mirror.changes(from: nil, to: first, under: "").changes.map(\.path) == ["a"])
        }
    }

    @Test func `a tree with a NUL in a name is refused as a whole`() async throws {
        try await withOrigin { origin in
            let blob = try await origin.blob("1")
            _ = try await origin.pushLiteralTree(treeLine("100644", [0x61, 0, 0x62], blob))
            let mirror = try origin.mirror()
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "RemoteInvalid",
                        message:
                            "\(origin.path): the branch names an object that git would refuse (failed to parse tree: "
                            + "can't parse filemode); run `git fsck` there. Nothing of this fetch was kept"))
        }
    }

    @Test func `a loose object that is cut or lies costs one fetch`() async throws {
        try await withOrigin { origin in
            let first = try await origin.push(["a": "1"])
            let mirror = try origin.mirror(limits: TransferLimits(transferDeadline: .seconds(5)))
            _ = try await mirror.fetch()
            let second = try await origin.push(["a": String(repeating: "content ", count: 5000)])
            let blob = try await origin.git("-C", origin.path, "rev-parse", "\(second):a")
            let file = URL(filePath: "\(origin.path)/objects/\(blob.prefix(2))/\(blob.dropFirst(2))")
            let bytes = try Data(contentsOf: file)
            try FileManager.default.removeItem(at: file)
            try bytes.prefix(bytes.count / 2).write(to: file)
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            // libgit2 1.5.1 never returns from reading it: only the deadline ends the helper.
            #expect(
                refused
                    == Failure(
                        .retry, reason: "RemoteTimeout",
                        message: "\(origin.path): no answer within 5 s; the fetch was stopped, it is tried again"))
            #expect(try await mirror.changes(from: nil, to: first, under: "").changes.count == 1)
        }
    }
}
