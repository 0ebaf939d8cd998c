/// One package of a lock, as one interpreter needs it.
package struct LockedPackage: Hashable, Sendable {
    /// As the lock writes it.
    package var name: String
    package var version: String
    /// `sha256:…` of every file that may be installed for it.
    package var hashes: [String]
    /// The index that it comes from; nil for the usual one.
    package var index: String?

    package init(name: String, version: String, hashes: [String], index: String? = nil) {
        self.name = name
        self.version = version
        self.hashes = hashes
        self.index = index
    }

    /// Lowercase, with one `-` for each run of `-`, `_` and `.` (PEP 503).
    package static func normalised(_ name: some StringProtocol) -> String {
        name.lowercased().split(whereSeparator: { "-_.".contains($0) }).joined(separator: "-")
    }

    /// - Throws: `InvalidInput` for a name, version or hash that could be anything else on pip's command line.
    func checked() throws(InvalidInput) -> LockedPackage {
        let alphanumeric = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let isName = name.utf8.first.map(alphanumeric) ?? false
        guard isName, name.utf8.count <= 200, name.utf8.allSatisfy({ alphanumeric($0) || "-_.".utf8.contains($0) })
        else { throw InvalidInput("\(name.quotedForMessage) is no name of a package") }
        guard !version.isEmpty, version.utf8.count <= 200,
            version.utf8.allSatisfy({ alphanumeric($0) || ".!+-_".utf8.contains($0) })
        else { throw InvalidInput("\(version.quotedForMessage) is no version of \(name)") }
        guard !hashes.isEmpty else { throw InvalidInput("\(name) has no hashes, so its bytes are not locked") }
        for hash in hashes {
            let parts = hash.split(separator: ":", omittingEmptySubsequences: false)
            let isHash = parts.count == 2 && ["sha256", "sha384", "sha512"].contains(parts[0])
            guard isHash, parts[1].utf8.count >= 64, parts[1].utf8.allSatisfy(alphanumeric) else {
                throw InvalidInput("\(hash.quotedForMessage) is no hash of \(name); SHA-256, -384 and -512 are read")
            }
        }
        if let index { try Self.check(index: index) }
        return self
    }

    private static func check(index: String) throws(InvalidInput) {
        let hasScheme = index.hasPrefix("https://") || index.hasPrefix("http://")
        guard hasScheme, index.utf8.count <= 1000, index.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw InvalidInput("\(index.quotedForMessage) is no index that is reached over HTTP")
        }
        guard !index.contains("@") else {
            throw InvalidInput("an index holds credentials; keep them in the pip.conf of the controller's user")
        }
    }
}

/// The forms of a lock, told by the file's name.
package enum LockForm: String, CaseIterable, Hashable, Sendable {
    /// Lines `name==version`, with hashes.
    case requirements
    /// `pylock.toml` or `pylock.NAME.toml` (PEP 751).
    case pylock
    /// `uv.lock`.
    case uv

    /// - Throws: `InvalidInput` for a file that lists what is wanted and locks nothing, with the command that locks it.
    package init(path: String) throws(InvalidInput) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch name {
        case "uv.lock": self = .uv
        case "pylock.toml": self = .pylock
        case _ where name.hasPrefix("pylock.") && name.hasSuffix(".toml"): self = .pylock
        case "pyproject.toml":
            throw InvalidInput("lists what is wanted and locks nothing; lock it with 'uv lock' and name its uv.lock")
        case "Pipfile.lock", "poetry.lock", "pdm.lock", "environment.yml", "setup.py":
            throw InvalidInput(
                "is a lock that is not read here; write it as pylock.toml ('pdm export -f pylock', 'uv export --format "
                    + "pylock.toml') or as requirements with hashes ('poetry export', 'pipenv requirements --hash')")
        case _ where name.hasSuffix(".in"):
            throw InvalidInput(
                "lists what is wanted and locks nothing; lock it with 'pip-compile --generate-hashes "
                    + "--output-file=\(path.dropLast(3)).txt \(path)' and name what that writes")
        case _: self = .requirements
        }
    }

    /// The packages that `bytes` lock for one interpreter, in order of their names; nil for requirements, which pip reads itself.
    /// - Throws: `InvalidInput`, with what is wrong and how to lock.
    package func packages(
        _ bytes: [UInt8], for environment: MarkerEnvironment
    ) throws(InvalidInput) -> [LockedPackage]? {
        let found: [LockedPackage]
        switch self {
        case .requirements: return nil
        case .pylock:
            do throws(InvalidInput) {
                found = try PylockReader(environment: environment).packages(try TOMLReader.read(bytes))
            } catch { throw InvalidInput("\(error.message); make the lock with 'uv export --format pylock.toml'") }
        case .uv:
            do throws(InvalidInput) {
                found = try UVLockReader(try TOMLReader.read(bytes), environment: environment).packages()
            } catch { throw InvalidInput("\(error.message); make the lock with 'uv lock'") }
        }
        return try found.map { package throws(InvalidInput) in try package.checked() }
            .sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    /// The same where no interpreter is at hand: as for a machine of Linux on x86-64, and for any patch of `python`, since a lock may
    /// ask for a later one than the first.
    package func packages(_ bytes: [UInt8], ofPython python: String) throws(InvalidInput) -> [LockedPackage]? {
        let machine = "x86_64"
        do throws(InvalidInput) {
            return try packages(bytes, for: MarkerEnvironment(python: python, machine: machine))
        } catch {
            let latest = MarkerEnvironment(python: "\(python).99", machine: machine)
            guard let packages = try? packages(bytes, for: latest) else { throw error }
            return packages
        }
    }
}

/// Members of a lock's tables.
extension Value {
    func text(_ name: String, of what: String) throws(InvalidInput) -> String {
        guard let text = self[name]?.string else { throw InvalidInput("\(what) has no '\(name)'") }
        return text
    }

    /// A list of tables; empty when it is not there.
    func tables(_ name: String) -> [Value] { self[name]?.list ?? [] }
}
