import Crypto
import Synchronization
import Testing
import WaybillCore
import WaybillEngine

@testable import WaybillTrust

/// What is read of a folder of words, whatever lies in it.
@Suite struct `Words are read` {
    private static let commit = try? CommitID(parsing: String(repeating: "a", count: 40))

    /// Files by their paths; blobs are named by their bytes.
    private final class Tree: FleetTree {
        let files: [String: [UInt8]]
        let problems: [TreeProblem]
        let reads = Mutex(0)
        /// Commits whose trees were looked through, and those that cannot be.
        let looks = Mutex<[CommitID]>([])
        let broken = Mutex<Set<CommitID>>([])

        init(_ files: [String: [UInt8]], problems: [TreeProblem] = []) {
            self.files = files
            self.problems = problems
        }

        private func blob(_ bytes: [UInt8]) throws(Failure) -> BlobID {
            do throws(InvalidInput) {
                return try BlobID(parsing: String(WaybillCore.Digest(of: bytes).hex.prefix(40)))
            } catch {
                throw Failure(.stall, reason: "Test", message: error.message)
            }
        }

        func changes(
            from base: CommitID?, to commit: CommitID, under path: String
        ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
            looks.withLock { $0.append(commit) }
            if broken.withLock({ $0.contains(commit) }) {
                throw Failure(.retry, reason: "Test", message: "it cannot be read now")
            }
            var changes: [TreeChange] = []
            for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
                changes.append(TreeChange(path: path, before: nil, after: try blob(bytes)))
            }
            return (changes, problems)
        }

        func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
            reads.withLock { $0 += blobs.count }
            var contents: [[UInt8]] = []
            for wanted in blobs {
                for bytes in files.values where try blob(bytes) == wanted {
                    if bytes.count > limit { throw Failure(.stall, reason: "FileTooLarge", message: "too large") }
                    contents.append(bytes)
                    break
                }
            }
            return contents
        }

        func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? { nil }
    }

    private func approval() throws -> (path: ApprovalPath, file: [UInt8]) {
        let key = SSHPrivateKey(Curve25519.Signing.PrivateKey())
        let statement = ApprovalStatement(
            .approve, try DeploymentKey(parsing: "production/churn"), change: WaybillCore.Digest(of: [1]), from: nil,
            role: try Name(parsing: "risk"), issued: Timestamp(milliseconds: 0),
            expires: Timestamp(milliseconds: 1_000_000))
        let signed = SignedStatement(
            statement, try key.sign(Array(statement.description.utf8), namespace: statement.kind.namespace))
        return (ApprovalPath(statement, of: try Name(parsing: "alice")), signed.file)
    }

    @Test func `one sound file among links, long, broken and misnamed ones is the only one that says anything`()
        async throws
    {
        let (path, file) = try approval()
        let folder = "\(ApprovalPath.folder)/production/churn/\(path.change.hex)"
        let link = TreeProblem(path: "\(folder)/eve.approval", message: "a symbolic link; links are not followed")
        let tree = Tree(
            [
                path.description: file, "\(folder)/bob.approval": [UInt8](repeating: 0x61, count: 20 << 10),
                "\(folder)/carol.approval": Array("no signature\n".utf8), "\(ApprovalPath.folder)/README.md": [0x61],
                "\(folder)/dave.approval": [0xFF, 0xFE, 0x00],
            ], problems: [link])
        let reader = StatementReader(tree)
        let shelf = try await reader.read(at: try #require(Self.commit))
        #expect(shelf.statements.filter { $0.proven != nil }.map(\.place) == [path.description])
        #expect(
            shelf.statements.compactMap(\.problem).sorted() == [
                "it has no line '-----END SSH SIGNATURE-----'", "it has no line '-----END SSH SIGNATURE-----'",
                "longer than 16 KiB",
            ])
        #expect(
            shelf.problems.map(\.message) == [
                link.message, "it is not named '.waybill/approvals/ENVIRONMENT/NAME/CHANGE/PERSON.approval'",
            ])
        let reads = tree.reads.withLock { $0 }
        #expect(try await reader.read(at: try #require(Self.commit)) == shelf)
        #expect(tree.reads.withLock { $0 } == reads)
    }

    @Test func `what a ref holds is read beside the branch, and says where it was found`() async throws {
        let (path, file) = try approval()
        let commit = try #require(Self.commit)
        let shelf = try await StatementReader(Tree([path.description: file])).read(
            at: commit, refs: [path.ref: commit])
        #expect(shelf.statements.map(\.place) == [path.description, "\(path.ref):\(path)"])
        #expect(shelf.statements.allSatisfy { $0.proven != nil })
    }

    @Test func `refs that did not move are not read again, and what failed is`() async throws {
        let (path, file) = try approval()
        let (commit, tip) = (try #require(Self.commit), try CommitID(parsing: String(repeating: "b", count: 40)))
        let tree = Tree([path.description: file])
        let reader = StatementReader(tree)
        tree.broken.withLock { $0 = [tip] }
        let broken = try await reader.read(at: commit, refs: [path.ref: tip])
        #expect(broken.problems.map(\.message) == ["it cannot be read now"])
        tree.broken.withLock { $0 = [] }
        let whole = try await reader.read(at: commit, refs: [path.ref: tip])
        #expect(whole.problems == [] && whole.statements.count == 2)
        #expect(try await reader.read(at: commit, refs: [path.ref: tip]) == whole)
        #expect(tree.looks.withLock(\.self) == [commit, tip, commit, tip])
        #expect(try await reader.read(at: commit).statements.count == 1)
        #expect(tree.looks.withLock(\.self) == [commit, tip, commit, tip, commit])
    }
}
