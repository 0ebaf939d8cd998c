import WaybillCore

/// A Python package of a lock, as a bill of materials names it.
struct LockedLibrary: Hashable, Sendable {
    /// Normalised (PEP 503).
    var name: String
    var version: String
    /// Hexadecimal digits of the files that may be installed, by algorithm as CycloneDX names it.
    var hashes: [Hash]

    struct Hash: Hashable, Sendable {
        var algorithm: String
        var hex: String
    }

    private static let algorithms = ["sha256": ("SHA-256", 64), "sha384": ("SHA-384", 96), "sha512": ("SHA-512", 128)]
    /// Packages past which a lock is cut.
    private static let limit = 10_000

    /// Those of a lock in any form. Where a lock asks for other packages on other machines, those of Linux on x86-64 are named, so that
    /// everybody names the same.
    ///
    /// - Throws: `LockInvalid`, stalling, for a lock that cannot be read.
    static func of(lock bytes: [UInt8], path: String, python: String) throws(Failure) -> [LockedLibrary] {
        do throws(InvalidInput) {
            let machine = MarkerEnvironment(python: python, machine: "x86_64")
            guard let packages = try LockForm(path: path).packages(bytes, for: machine) else {
                return requirements(String(decoding: bytes, as: UTF8.self))
            }
            return packages.map { package in
                LockedLibrary(
                    name: LockedPackage.normalised(package.name), version: package.version,
                    hashes: package.hashes.compactMap { hash("--hash=\($0)") })
            }
        } catch { throw Failure(.stall, reason: "LockInvalid", message: "\(path): \(error.message)") }
    }

    /// Those of a requirements lock. Lines that are no `name==version` are passed over: a lock is judged where it is installed.
    static func requirements(_ text: String) -> [LockedLibrary] {
        let joined = text.replacing("\\\r\n", with: " ").replacing("\\\n", with: " ")
        var found: [LockedLibrary] = []
        for line in joined.split(whereSeparator: \.isNewline).prefix(limit) {
            let words = line.split(whereSeparator: \.isWhitespace).prefix { !$0.hasPrefix("#") }
            guard let first = words.first, !first.hasPrefix("-") else { continue }
            let parts = first.prefix { $0 != ";" }.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty, !parts[2].isEmpty else { continue }
            let name = parts[0].prefix { $0 != "[" }.lowercased()
            let normalised = LockedPackage.normalised(name)
            guard !normalised.isEmpty, (normalised + parts[2]).utf8.allSatisfy(isPlain) else { continue }
            found.append(
                LockedLibrary(name: normalised, version: String(parts[2]), hashes: words.compactMap(hash)))
        }
        return found.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.+!".utf8.contains(byte)
    }

    private static func hash(_ word: Substring) -> Hash? {
        guard word.hasPrefix("--hash="), case let parts = word.dropFirst(7).split(separator: ":"), parts.count == 2,
            let (algorithm, length) = algorithms[String(parts[0])], parts[1].utf8.count == length,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else { return nil }
        return Hash(algorithm: algorithm, hex: String(parts[1]))
    }
}
