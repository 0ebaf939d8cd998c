import Crypto
import Foundation
import WaybillCore
import WaybillEngine
import WaybillTrust

/// `bench-approvals`: 10,000 approvals of 10,000 changes, by 200 people, read, proven and judged; first as a controller does that has just
/// started, then as it does when one more came. A second is what `ssh-keygen -Y verify` takes for a few hundred.
struct BenchApprovals {
    static let count = 10_000
    /// When all was written, and is judged.
    static let moment = Timestamp(milliseconds: 1_800_000_000_000)
    let tree: Tree
    let access: Access
    let changes: [Change]
    let commit: CommitID

    /// Files in memory, each named by a hash of its path.
    struct Tree: FleetTree {
        var files: [(path: String, blob: BlobID, bytes: [UInt8])]
        var byBlob: [BlobID: Int]

        func changes(
            from base: CommitID?, to commit: CommitID, under path: String
        ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
            (files.map { TreeChange(path: $0.path, before: nil, after: $0.blob) }, [])
        }

        func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
            blobs.compactMap { byBlob[$0].map { files[$0].bytes } }
        }

        func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? { nil }
    }

    init() throws {
        let people = try (0..<200).map { (try Name(parsing: "person-\($0)"), SSHPrivateKey(.init())) }
        let risk = try Name(parsing: "risk")
        access = Access(
            people: people.map { Access.Person(name: $0.0, keys: [Access.Key(key: $0.1.publicKey)]) },
            grants: [
                Access.Grant(
                    role: .approver, as: risk, models: [try NamePattern(parsing: "*")], people: Set(people.map(\.0)))
            ])
        changes = try (0..<Self.count).map {
            Change(
                try DeploymentKey(parsing: "production/model-\($0)"), from: nil,
                rendering: Digest(of: Array("\($0)".utf8)),
                checklist: nil)
        }
        var files: [(path: String, blob: BlobID, bytes: [UInt8])] = []
        for (number, change) in changes.enumerated() {
            let (person, key) = people[number % people.count]
            let statement = ApprovalStatement(
                .approve, change.key, change: change.digest, from: nil, role: risk, issued: Self.moment,
                expires: Self.moment + .seconds(3600))
            let signature = try key.sign(Array(statement.description.utf8), namespace: statement.kind.namespace)
            let path = ApprovalPath(statement, of: person).description
            let blob = try BlobID(parsing: String(Digest(of: Array(path.utf8)).hex.prefix(40)))
            files.append((path, blob, SignedStatement(statement, signature).file))
        }
        tree = Tree(
            files: files, byBlob: Dictionary(uniqueKeysWithValues: files.enumerated().map { ($1.blob, $0) }))
        commit = try CommitID(parsing: String(repeating: "a", count: 40))
    }

    /// Seconds for the first reading, for a second one, and for judging each change.
    func run() async throws -> (first: Double, again: Double, judging: Double) {
        let reader = StatementReader(tree)
        let clock = ContinuousClock()
        var shelf = StatementShelf()
        let first = try await clock.measure { shelf = try await reader.read(at: commit) }
        let again = try await clock.measure { shelf = try await reader.read(at: commit) }
        let board = ApprovalBoard(
            access: access,
            policies: [
                try Name(parsing: "production"): ApprovalPolicy(required: [
                    .init(role: try Name(parsing: "risk"))
                ])
            ], shelf: shelf)
        var given = 0
        let judging = try clock.measure {
            for change in changes {
                guard let verdict = try board.judge(change, model: nil, evidence: nil, now: Self.moment)?.get() else {
                    continue
                }
                given += verdict.given.count
            }
        }
        guard given == Self.count else { throw InvalidInput("only \(given) approvals counted") }
        return (first / .seconds(1), again / .seconds(1), judging / .seconds(1))
    }
}

/// What `ssh-keygen -Y verify` takes for one file, by a hundred of them.
func peer(_ bench: BenchApprovals) throws -> Double {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bench-approvals-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let namespaces = ApprovalStatement.Kind.allCases.map(\.namespace)
    let lines = bench.access.allowedSigners(namespaces: namespaces).map { "\($0)\n" }.joined()
    try Data(lines.utf8).write(to: folder.appending(path: "allowed_signers"))
    for (number, file) in bench.tree.files.prefix(100).enumerated() {
        try Data(file.bytes).write(to: folder.appending(path: "\(number)"))
    }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.currentDirectoryURL = folder
    process.arguments = [
        "-ec",
        """
        for i in $(seq 0 99); do sed '1,/^-----END SSH SIGNATURE-----$/d' $i | ssh-keygen -Y verify -n waybill.dev/approve \\
            -f allowed_signers -I person-$i -s $i > /dev/null; done
        """,
    ]
    let begun = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw InvalidInput("ssh-keygen did not verify what we signed") }
    return (ContinuousClock.now - begun) / .seconds(1) / 100
}

let bench = try BenchApprovals()
let (first, again, judging) = try await bench.run()
let each = try peer(bench)
func shown(_ seconds: Double) -> String { "\((seconds * 1000).rounded() / 1000) s" }
print("10,000 approvals: read and proven \(shown(first)), judged \(shown(judging)), read again \(shown(again))")
print("ssh-keygen -Y verify: \(shown(each)) a file, \(shown(each * 10_000)) for 10,000, one after the other")
let total = first + judging
print("reach  10,000 approvals verified: \(shown(total)) (<= 2 s): \(total <= 2 ? "yes" : "NO")")
exit(total <= 2 ? 0 : 1)
