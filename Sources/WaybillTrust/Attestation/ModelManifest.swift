package import WaybillCore

import struct Crypto.SHA256

/// The files of a model with their digests, as OpenSSF Model Signing v1.0 signs them.
package struct ModelManifest: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// Relative, with '/'.
        package var path: String
        package var digest: Digest

        package init(path: String, digest: Digest) {
            self.path = path
            self.digest = digest
        }
    }

    /// For people; binds nothing.
    package var name: String
    /// In the order in which they are listed.
    package var files: [File]
    /// The manifest of the bundle, when whoever signed named one: an addition of ours that other verifiers pass over.
    package var bundle: Digest?
    /// Folders and files that are left out, beside those that always are; `bundle` alone binds them.
    package var leaving: [String]

    package static let predicateType = "https://model_signing/signature/v1.0"
    private static let maximumFiles = 100_000
    private static let bundleMember = "waybillBundle"
    /// Never part of a signature by this format.
    private static let ignored = [".git", ".gitattributes", ".github", ".gitignore"]

    /// Orders the files as the specification does: by the code points of their paths.
    package init(name: String, files: [File], bundle: Digest?, leaving: [String] = []) {
        self.name = name
        self.leaving = leaving
        self.files = files.sorted { Self.precedes($0.path, $1.path) }
        self.bundle = bundle
    }

    /// Unsigned comparison of UTF-8 is that of code points.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// Files that the format leaves out of every signature, so that they cannot be signed.
    package static func isIgnored(_ path: String) -> Bool {
        ignored.contains { path == $0 || path.hasPrefix("\($0)/") }
    }

    /// SHA-256 of the digests one after the other. It binds no names.
    private var root: String {
        var hasher = SHA256()
        for file in files { hasher.update(data: bytesOfHex(file.digest.hex) ?? []) }
        return hexadecimal(hasher.finalize())
    }

    package var statement: Statement {
        var predicate: Members = [
            "serialization": [
                "method": "files", "hash_type": "sha256", "allow_symlinks": false,
                "ignore_paths": .list((Self.ignored + leaving).map { .string($0) }),
            ],
            "resources": .list(
                files.map {
                    ["name": .string($0.path), "algorithm": "sha256", "digest": .string($0.digest.hex)]
                }),
        ]
        if let bundle { predicate[Self.bundleMember] = .string(bundle.description) }
        return Statement(
            subjects: [Statement.Subject(name: name, digest: ["sha256": root])],
            predicateType: Self.predicateType, predicate: .object(predicate))
    }

    /// From a statement whose signature holds. The files are taken in the order in which they are listed.
    package init(_ statement: Statement) throws(InvalidInput) {
        guard statement.predicateType == Self.predicateType else {
            throw InvalidInput(
                "it signs \(statement.predicateType.quotedForMessage); expected '\(Self.predicateType)'")
        }
        guard statement.subjects.count == 1, let expected = statement.subjects[0].digest["sha256"] else {
            throw InvalidInput("a model's signature has one subject with a SHA-256 digest")
        }
        let serialization = statement.predicate["serialization"]
        guard serialization?["method"]?.string == "files", serialization?["hash_type"]?.string == "sha256" else {
            throw InvalidInput(
                "it signs shards or other hashes; only whole files by SHA-256 are compared with a bundle")
        }
        leaving = (serialization?["ignore_paths"]?.list ?? []).compactMap(\.string).filter {
            !Self.ignored.contains($0)
        }
        guard let items = statement.predicate["resources"]?.list, items.count <= Self.maximumFiles else {
            throw InvalidInput("it lists no files, or more than \(Self.maximumFiles)")
        }
        name = statement.subjects[0].name ?? ""
        files = []
        for item in items { files.append(try Self.file(item)) }
        guard Set(files.map(\.path)).count == files.count else { throw InvalidInput("it lists a file twice") }
        if let text = statement.predicate[Self.bundleMember]?.string { bundle = try Digest(parsing: text) }
        guard root == expected else {
            throw InvalidInput("the digest of its subject is not that of the files that it lists")
        }
    }

    private static func file(_ item: Value) throws(InvalidInput) -> File {
        guard let path = item["name"]?.string, item["algorithm"]?.string == "sha256",
            let hex = item["digest"]?.string, let digest = try? Digest(parsing: "sha256:\(hex)")
        else { throw InvalidInput("it lists a file without name or SHA-256 digest") }
        if let problem = CleanPath.problemOfRelative(path) {
            throw InvalidInput("it lists a file that is none: \(problem)")
        }
        return File(path: path, digest: digest)
    }

    /// How the files are ordered. The specification and the reference implementation differ where one path begins with a folder's name.
    package enum Order: Hashable, Sendable {
        case specified, byComponents, neither
    }

    package var order: Order {
        let paths = files.map(\.path)
        if paths == paths.sorted(by: Self.precedes) { return .specified }
        let byComponents = paths.sorted { left, right in
            left.split(separator: "/").lexicographicallyPrecedes(right.split(separator: "/")) {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
        }
        return paths == byComponents ? .byComponents : .neither
    }
}
